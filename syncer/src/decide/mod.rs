//! What is to be done about a pair: pure functions of what the index keeps.

pub mod ahead;
pub mod content;
pub mod node;
pub mod pod;
pub mod raised;
pub mod service;
