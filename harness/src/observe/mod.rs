//! Clocks, watches on both sides, audit logs, process sampling.

pub mod audit_log;
pub mod clock;
pub mod crowd;
pub mod machine;
pub mod patience;
pub mod pods;
pub mod process;
pub mod readings;
pub mod until;
