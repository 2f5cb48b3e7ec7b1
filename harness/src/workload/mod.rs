//! What a tenant installs.

pub mod ray;
