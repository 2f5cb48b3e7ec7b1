//! The record of a run and everything made from it. Needs no cluster: each view is a fold over [`Record`]s.
//!
//! [`journal`] keeps the records of a run on disk as they happen; [`fold`] makes a [`Report`] of them, whole or cut
//! off; [`table`] and JSON are two views of that report.

mod event;
#[cfg(test)]
mod fixture;
pub mod fold;
pub mod journal;
mod metric;
pub mod report;
pub mod results;
pub mod schema;
pub mod stats;
pub mod table;

pub use event::{
    Check, Event, HostReady, Leftover, Machine, Outcome, Record, Refusal, RunStarted, Sample, Validity,
    Verdict,
};
pub use metric::{Group, Metric, MetricInfo, Unit};
pub use report::Report;
