//! `tenantbench tenant`: virtual clusters on any host cluster, with the rights of whoever asks.

mod chart;
mod complete;
mod connect;
mod create;
mod delete;
mod describe;
mod disconnect;
mod inside;
mod interrupt;
mod list;
mod manifests;
mod pause;
mod snapshot;
mod target;

use std::process::ExitCode;

use clap::{Args, Subcommand};

use self::target::TargetArgs;
use super::{
    exit::{CliError, Code},
    output::Terminal,
};
use crate::tenancy::{TenancyError, kubeconfig_file::KubeconfigFileError, vcluster::reach::ReachError};

/// Make, reach and end virtual clusters.
#[derive(Args, Debug)]
pub(super) struct TenantArgs {
    #[command(flatten)]
    target: TargetArgs,
    #[command(subcommand)]
    verb: Verb,
}

#[derive(Subcommand, Debug)]
enum Verb {
    /// Make a virtual cluster in a namespace.
    Create(create::CreateArgs),
    /// Write a kubeconfig for a virtual cluster, or run one command in it.
    Connect(connect::ConnectArgs),
    /// Close the way that `connect` has opened.
    Disconnect(disconnect::DisconnectArgs),
    /// Show the virtual clusters that are there.
    List(list::ListArgs),
    /// Show all that the host says of a virtual cluster.
    Describe(describe::DescribeArgs),
    /// End a virtual cluster's plane and pods, and keep its objects.
    Pause(pause::PauseArgs),
    /// Wake a virtual cluster that was paused.
    Resume(pause::PauseArgs),
    /// Save the objects of a virtual cluster to a file.
    Snapshot(snapshot::SnapshotArgs),
    /// Make a virtual cluster of a file that `snapshot` wrote, here or on another host.
    Restore(snapshot::RestoreArgs),
    /// Print the objects of a virtual cluster, for `kubectl apply -f -`.
    Manifests(manifests::ManifestsArgs),
    /// Write a Helm chart of virtual clusters.
    Chart(chart::ChartArgs),
    /// Print what the platform installs for VirtualCluster resources: definition and operator, for `kubectl apply -f -`.
    Operator,
    /// Delete a virtual cluster, wait until nothing of it is left, and say what was.
    Delete(delete::DeleteArgs),
}

pub(super) async fn run(arguments: TenantArgs, terminal: &Terminal) -> Result<ExitCode, CliError> {
    let target = &arguments.target;
    match arguments.verb {
        Verb::Create(create) => create::run(create, target, terminal).await.map(Into::into),
        Verb::Connect(connect) => connect::run(connect, target, terminal).await,
        Verb::Disconnect(disconnect) => disconnect::run(&disconnect, target, terminal).await.map(Into::into),
        Verb::List(list) => list::run(&list, target, terminal).await.map(Into::into),
        Verb::Describe(describe) => describe::run(&describe, target, terminal).await.map(Into::into),
        Verb::Pause(pause) => pause::pause(&pause, target, terminal).await.map(Into::into),
        Verb::Resume(resume) => pause::resume(&resume, target, terminal).await.map(Into::into),
        Verb::Snapshot(save) => snapshot::snapshot(&save, target, terminal).await.map(Into::into),
        Verb::Restore(restore) => snapshot::restore(restore, target, terminal).await.map(Into::into),
        Verb::Manifests(print) => manifests::run(print, target, terminal).map(Into::into),
        Verb::Chart(write) => chart::run(&write, terminal).map(Into::into),
        Verb::Operator => manifests::operator(target, terminal).map(Into::into),
        Verb::Delete(delete) => delete::run(&delete, target, terminal).await.map(Into::into),
    }
}

impl From<TenancyError> for CliError {
    fn from(error: TenancyError) -> Self {
        let code = match &error {
            TenancyError::Unknown { .. } | TenancyError::Client(_) => Code::Usage,
            TenancyError::Object { .. } => Code::Bug,
            _ => Code::HostFailed,
        };
        let told = Self::new(code, error.to_string());
        if error.is_unreached() {
            return told.hint("is the host cluster running? --kubeconfig and --context name another");
        }
        told
    }
}

impl From<ReachError> for CliError {
    fn from(error: ReachError) -> Self {
        let code = match &error {
            ReachError::Client(_) => Code::Usage,
            ReachError::Interrupted => Code::Interrupted,
            ReachError::State(_) | ReachError::Folder(_) | ReachError::Io { .. } => Code::Unfit,
            _ => Code::HostFailed,
        };
        Self::new(code, error.to_string())
    }
}

impl From<KubeconfigFileError> for CliError {
    fn from(error: KubeconfigFileError) -> Self {
        Self::new(Code::ResultsNotWritten, error.to_string())
    }
}
