//! From a located tree to typed values, reporting every mistake on the way instead of stopping at the first.

mod fields;
mod parameter;
mod scalar;
mod scenario;
mod step;

pub(crate) use scenario::scenario;
pub(crate) use step::steps;
