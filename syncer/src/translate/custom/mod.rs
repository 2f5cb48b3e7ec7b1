//! Custom resources, by rules that an operator writes: what stands at which path of a kind's objects.
//!
//! Whatever the rules do not name is carried as it is. What they name is the host's afterwards, or the object is
//! refused: a name can lead nowhere but into the virtual cluster's own host namespace.

mod down;
mod draft;
mod path;
mod rule;
mod target;
mod up;
mod walk;

#[cfg(test)]
mod tests;

pub use down::content;
pub use draft::{Draft, Is};
pub use path::{Path, PathError};
pub use rule::{RuleError, Rules};
pub use target::{NoTarget, Target};
pub use up::{View, raise, standing};
