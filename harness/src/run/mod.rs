//! Scenario → plan → rounds → journal.

pub mod beside;
pub mod engine;
mod error;
pub mod hosts;
mod kept;
pub mod recorder;
pub mod round;
pub mod stage;
pub mod steps;
mod why;

pub use error::RunError;
