//! What is to be done about a pair: pure functions of what the index keeps.

pub mod content;
pub mod pod;
pub mod service;
