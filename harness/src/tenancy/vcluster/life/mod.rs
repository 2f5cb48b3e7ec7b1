//! What is done to a virtual cluster from outside, with the rights of whoever asks: made, found, reached, ended.

mod certificate;
mod describe;
mod exec;
mod find;
mod images;
mod kinds;
mod kubeconfig;
mod make;
mod pause;
mod remove;
mod snapshot;

use std::sync::Arc;

use crate::apply::Applier;

pub use certificate::add_name;
pub use describe::{Container, Description, describe};
pub use find::{Found, State, all, find};
pub use images::fitting;
pub use kubeconfig::{kubeconfig, reached_at};
pub(super) use make::apply_all;
pub use make::{apply, ready};
pub use pause::{PAUSED, pause, rest, resume};
pub use remove::delete;
pub use snapshot::snapshot;

/// One namespace of a host, seen with one user's rights.
#[derive(Clone)]
pub struct Site {
    /// Acts with the user's rights.
    pub host: Arc<Applier>,
    /// The namespace.
    pub namespace: String,
}

/// Hears one line for each thing that is waited for.
pub type Progress<'a> = &'a (dyn Fn(&str) + Send + Sync);
