//! Whether this machine has room for one more plane, where pods are not isolated and share its ports.

use std::net::TcpListener;

use super::objects::PORTS;
use crate::tenancy::{Platform, TenancyError};

/// Pods without isolation; the word of [`crate::node::PodIsolation`] for it.
const NOT_ISOLATED: &str = "none";

/// Refuses a plane that could not start: better said at once than after a time-out.
pub(super) fn check(platform: &Platform) -> Result<(), TenancyError> {
    if platform.host.facts().pod_isolation != NOT_ISOLATED {
        return Ok(());
    }
    match PORTS.into_iter().find(|port| TcpListener::bind(("0.0.0.0", *port)).is_err()) {
        Some(port) => Err(TenancyError::NoRoom { port }),
        None => Ok(()),
    }
}
