//! What `--keep` leaves to its user: kubeconfigs for both sides, and the commands to begin with.

use std::path::Path;

use kube::config::Kubeconfig;

use super::{RunError, round::Round};
use crate::tenancy::{
    Tenant,
    kubeconfig_file::{self, KubeconfigFileError},
};

/// Writes the kubeconfigs of a kept tenant and of its host, and notes how to use them.
///
/// # Errors
/// [`RunError::Kubeconfig`] where the run's folder cannot be written.
pub(super) fn hand_over(round: &Round<'_>, folder: &Path) -> Result<(), RunError> {
    let model = round.model.name();
    let host = write(folder, &format!("{model}-host.kubeconfig"), round.platform.host.admin())?;
    round.record.run.note(format!("kept {model}, host:   kubectl --kubeconfig {host} get pods -A"));
    for (name, guest) in &round.guests {
        let own = if name.is_empty() { "tenant" } else { name };
        let inside = write(folder, &format!("{model}-{own}.kubeconfig"), &guest.tenant.kubeconfig)?;
        let first = first(&guest.tenant);
        round.record.run.note(format!("kept {model}, {own}: kubectl --kubeconfig {inside} {first}"));
    }
    Ok(())
}

fn first(tenant: &Tenant) -> String {
    format!("-n {} get pods", tenant.workspace)
}

fn write(folder: &Path, name: &str, config: &Kubeconfig) -> Result<String, RunError> {
    let path = folder.join(name);
    let failed = |error: KubeconfigFileError| RunError::Kubeconfig {
        path: path.display().to_string(),
        reason: error.to_string(),
    };
    kubeconfig_file::write(&path, config).map_err(failed)?;
    Ok(path.display().to_string())
}
