//! Leadership by a Lease: taken, kept by renewals, given back at the end.

mod decide;
mod elector;

pub(super) use elector::Elector;
