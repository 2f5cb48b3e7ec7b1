//! The scenario language: schema, lint and the built-in catalogue.
//!
//! A scenario is YAML: [`load`] finds one and reports every mistake in it at once, [`Scenario::resolve`] puts its
//! parameters in, and [`plan()`] says in which order its models take their turns. Nothing here touches a cluster.

mod catalogue;
mod decode;
mod language;
mod lint;
mod plan;
mod problem;
mod resolve;
pub mod schema;
mod tree;

pub use catalogue::{CATALOGUE, LoadError, catalogue, load};
pub use language::{
    Action, Concern, Fill, Model, Object, Parameter, ParameterKind, Quota, Scenario, SchemaName, Step,
    Timeouts, UnknownWord, Value, Word, Workload, format_duration, parse_duration,
};
pub use plan::{Plan, PlannedStep, Turn, plan};
pub use problem::{Malformed, Position, Problem};
pub use resolve::{ResolveError, Resolved, Setting, SettingError};
