//! Virtual clusters by the verbs of `tenant`, as a user with the built-in `admin` role in one namespace and nothing else.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

#[path = "../lab/mod.rs"]
mod lab;

mod developer;
mod interrupted;
mod names;
mod rest;
mod several;
mod story;
mod ways;
