//! The steps that a scenario can name, and what the engine has to know of each.

use super::{
    RunError,
    round::{Round, Step},
    steps,
};

/// One step of a scenario.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stage {
    /// Make the tenant.
    CreateTenant,
    /// Install the workload as the tenant.
    Install,
    /// Make the workload's instance and wait for its pods.
    WorkloadUp,
    /// Sample what the tenant costs.
    Cost,
    /// List the instances.
    List,
    /// Delete the instance and wait for its pods to go.
    WorkloadDown,
    /// Take the installation away.
    Uninstall,
    /// Delete the tenant.
    DeleteTenant,
    /// Look for what is left.
    Audit,
}

impl Stage {
    /// What it does, for the live view and the plan.
    pub fn title(self) -> &'static str {
        match self {
            Self::CreateTenant => "create tenant",
            Self::Install => "install as the tenant",
            Self::WorkloadUp => "start the workload",
            Self::Cost => "sample memory",
            Self::List => "list as the tenant",
            Self::WorkloadDown => "delete the workload",
            Self::Uninstall => "uninstall",
            Self::DeleteTenant => "delete tenant",
            Self::Audit => "audit what is left",
        }
    }

    /// True where it cannot be done after the installation was refused.
    pub fn builds_on_install(self) -> bool {
        matches!(self, Self::WorkloadUp | Self::List | Self::WorkloadDown | Self::Uninstall)
    }

    /// True where a kept tenant must be spared it.
    pub fn ends_something(self) -> bool {
        matches!(self, Self::WorkloadDown | Self::Uninstall | Self::DeleteTenant | Self::Audit)
    }

    /// Does it.
    ///
    /// # Errors
    /// As the step says.
    pub async fn run(self, round: &mut Round<'_>) -> Result<Step, RunError> {
        match self {
            Self::CreateTenant => steps::create_tenant::run(round).await,
            Self::Install => steps::install::run(round).await,
            Self::WorkloadUp => steps::workload_up::run(round).await,
            Self::Cost => steps::cost::run(round).await,
            Self::List => steps::list::run(round).await,
            Self::WorkloadDown => steps::workload_down::run(round).await,
            Self::Uninstall => steps::uninstall::run(round).await,
            Self::DeleteTenant => steps::delete_tenant::run(round).await,
            Self::Audit => steps::audit::run(round).await,
        }
    }
}
