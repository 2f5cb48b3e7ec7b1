//! The volumes of a pod.

mod plan;
mod project;
mod token;
mod write;

pub(crate) use plan::{Part, Plan, TokenRequest, plan};
pub(crate) use project::{Files, Material, project};
pub(crate) use token::Tokens;
pub(crate) use write::replace;
