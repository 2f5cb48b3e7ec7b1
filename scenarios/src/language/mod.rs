//! The types of the language.

mod action;
mod duration;
mod fill;
mod parameter;
mod quota;
mod scenario;
mod word;

pub(crate) use action::ActionWord;
pub use action::{Action, Step};
pub use duration::{format_duration, parse_duration};
pub use fill::Fill;
pub(crate) use parameter::ParameterType;
pub use parameter::{Parameter, ParameterKind, Value};
pub use quota::Quota;
pub(crate) use quota::{bytes, is_memory};
pub use scenario::{Scenario, SchemaName, Timeouts};
pub use word::{Concern, Model, Object, UnknownWord, Word, Workload};
