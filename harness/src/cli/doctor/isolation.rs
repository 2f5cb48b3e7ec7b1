//! Kernel features that pods which run as processes use.

use super::finding::Finding;
use crate::node::{PodIsolation, isolation_check};

/// Starts a router and a pod as a host would, and ends them again.
pub(super) async fn check() -> Finding {
    let tried = async {
        let executable = std::env::current_exe()?;
        let folder = tempfile::tempdir()?;
        Ok::<_, std::io::Error>(isolation_check(&executable, folder.path()).await)
    };
    match tried.await {
        Ok(PodIsolation::Namespaces) => Finding::ok("pod isolation", "user, mount and network namespaces"),
        Ok(PodIsolation::None { reason }) => refused(&reason),
        Err(error) => refused(&error.to_string()),
    }
}

fn refused(reason: &str) -> Finding {
    Finding::doubt(
        "pod isolation",
        format!("not here ({reason}): pods that run share its network and files"),
        "sysctl kernel.unprivileged_userns_clone=1 kernel.apparmor_restrict_unprivileged_userns=0, or run outside the container",
    )
}
