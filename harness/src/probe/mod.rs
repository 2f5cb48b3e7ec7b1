//! What is measured and proved.

pub mod actors;
pub mod containers;
pub mod inside;
pub mod inventory;
pub mod leftovers;
pub mod load;
pub mod machine;
pub mod rights;
pub mod room;
pub mod server_clock;
pub mod sync;
