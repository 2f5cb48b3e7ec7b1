//! The record of a run and everything made from it. Needs no cluster: each view is a fold over [`Record`]s.

mod event;

pub use event::{
    Event, HostReady, Leftover, Machine, Outcome, Record, Refusal, RunStarted, Sample, Validity,
};
