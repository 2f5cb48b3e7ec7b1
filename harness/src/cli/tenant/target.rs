//! Which host cluster, as whom, and which namespace: the user's own kubeconfig unless flags say otherwise.

use std::{path::PathBuf, sync::Arc, time::Duration};

use clap::Args;
use kube::{
    Client,
    config::{Kubeconfig, NamedContext},
};
use tenantbench_syncer::client::{self, Purpose};

use crate::{
    apply::Applier,
    cli::{
        exit::{CliError, Code},
        local::seconds,
    },
    tenancy::{
        TenancyError, connect,
        vcluster::{
            PlaneNames,
            life::{Found, Site, State},
        },
    },
};

/// Flags that all verbs of `tenant` take.
#[derive(Args, Clone, Debug)]
#[command(next_help_heading = "Host cluster")]
pub(super) struct TargetArgs {
    /// Kubeconfig of the host cluster [default: KUBECONFIG, else ~/.kube/config].
    #[arg(long, global = true, value_name = "FILE")]
    kubeconfig: Option<PathBuf>,
    /// Context in it [default: its current one].
    #[arg(long, global = true)]
    context: Option<String>,
    /// Namespace of the virtual cluster on the host [default: the context's, else `default`].
    #[arg(short, long, global = true)]
    namespace: Option<String>,
    /// How long one wait may take.
    #[arg(long, global = true, default_value = "120", value_name = "SECONDS", value_parser = seconds)]
    timeout: Duration,
}

/// The host cluster that was chosen.
pub(super) struct Target {
    /// With the chosen context as current one.
    pub(super) kubeconfig: Kubeconfig,
    pub(super) namespace: String,
    pub(super) limit: Duration,
    /// The flags by which it was chosen.
    flags: String,
}

impl TargetArgs {
    /// As a command line says that is not whole yet.
    pub(super) fn said(
        kubeconfig: Option<PathBuf>,
        context: Option<String>,
        namespace: Option<String>,
        timeout: Duration,
    ) -> Self {
        Self { kubeconfig, context, namespace, timeout }
    }

    /// Reads the kubeconfig.
    pub(super) fn target(&self) -> Result<Target, CliError> {
        let mut kubeconfig = self.read()?;
        if let Some(context) = &self.context {
            kubeconfig.current_context = Some(context.clone());
        }
        let context = current(&kubeconfig)?;
        let own = context.context.as_ref().and_then(|context| context.namespace.clone());
        let namespace = self.namespace.clone().or(own).unwrap_or_else(|| "default".to_owned());
        Ok(Target { kubeconfig, namespace, limit: self.timeout, flags: self.flags() })
    }

    /// The flags that choose the host cluster, as they can be typed again.
    fn flags(&self) -> String {
        let file = self.kubeconfig.as_ref().map(|file| format!(" --kubeconfig {}", file.display()));
        let context = self.context.as_ref().map(|context| format!(" --context {context}"));
        file.into_iter().chain(context).collect()
    }

    /// The namespace where no cluster is needed: the flag's, else the context's where there is one.
    pub(super) fn namespace_alone(&self) -> String {
        let named = self.namespace.clone().or_else(|| self.target().ok().map(|target| target.namespace));
        named.unwrap_or_else(|| "default".to_owned())
    }

    fn read(&self) -> Result<Kubeconfig, CliError> {
        let read = match &self.kubeconfig {
            Some(file) => Kubeconfig::read_from(file),
            None => Kubeconfig::read(),
        };
        read.map_err(|error| {
            CliError::new(Code::Usage, format!("no kubeconfig of a host cluster: {error}")).hint(
                "name one with --kubeconfig or KUBECONFIG; `tenantbench host up` starts a cluster and prints its file",
            )
        })
    }
}

fn current(kubeconfig: &Kubeconfig) -> Result<NamedContext, CliError> {
    let name = kubeconfig.current_context.clone().unwrap_or_default();
    let found = kubeconfig.contexts.iter().find(|context| context.name == name).cloned();
    found.ok_or_else(|| {
        let there: Vec<_> = kubeconfig.contexts.iter().map(|context| context.name.as_str()).collect();
        let text = format!("the kubeconfig has no context {name:?}; it has: {}", there.join(", "));
        CliError::new(Code::Usage, text).hint("name one with --context")
    })
}

impl Target {
    /// The namespace, with the user's own rights.
    pub(super) async fn site(&self) -> Result<Site, TenancyError> {
        let host = Applier::new(connect(self.kubeconfig.clone()).await?).await?;
        Ok(Site { host: Arc::new(host), namespace: self.namespace.clone() })
    }

    /// A client for port-forward and exec.
    pub(super) async fn upgrades(&self) -> Result<Client, TenancyError> {
        let config = client::from_kubeconfig(self.kubeconfig.clone()).await?;
        Ok(client::client(config, Purpose::Upgrades)?)
    }

    /// The command line of another verb for a virtual cluster of this host, as it can be typed.
    pub(super) fn command(&self, verb: &str, names: &PlaneNames) -> String {
        let PlaneNames { cluster, namespace, .. } = names;
        format!("tenantbench tenant {verb} {cluster} -n {namespace}{}", self.flags)
    }

    /// What a virtual cluster is called, unless it rests and nobody would answer.
    pub(super) fn awake(&self, found: Found) -> Result<PlaneNames, CliError> {
        if found.state == State::Paused {
            let (name, wake) = (&found.names.cluster, self.command("resume", &found.names));
            return Err(CliError::new(Code::Usage, format!("{name} is paused; `{wake}` wakes it")));
        }
        Ok(found.names)
    }

    /// The host's address, which tells it from others.
    pub(super) fn server(&self) -> String {
        let cluster = current(&self.kubeconfig).ok().and_then(|context| context.context);
        let cluster = cluster.map(|context| context.cluster).unwrap_or_default();
        let found = self.kubeconfig.clusters.iter().find(|named| named.name == cluster);
        found.and_then(|named| named.cluster.as_ref()?.server.clone()).unwrap_or_default()
    }
}
