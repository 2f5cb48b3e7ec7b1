//! One file per verb: read flags, call the engine, choose the exit code.

pub mod operator;
pub mod workload;
