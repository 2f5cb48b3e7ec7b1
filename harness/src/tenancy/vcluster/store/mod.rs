//! The store of a virtual cluster as a logical dump: what `snapshot` writes, what `restore` and `resume` read.
//!
//! Keys and values are etcd's, so a dump holds every object as the API server wrote it, with its uid. The plane's first
//! step puts them back, before the API server starts.

mod dump;
mod etcd;
mod parts;

pub use dump::{Dump, DumpError, Header};
pub use etcd::{Etcd, EtcdError};
pub use parts::{PartsError, put_away, restore, take_away};
