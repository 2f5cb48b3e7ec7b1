//! Pods that are made to be measured: many at once ([`burst`]), or one at a time ([`pace`]).

pub mod burst;
pub mod content;
pub mod pace;

use std::time::Duration;

use k8s_openapi::api::core::v1::Pod;
use kube::{Client, config::Kubeconfig};
use serde_json::{Value, json};
use tenantbench_syncer::client::{self, Purpose};

use crate::{
    host::Host,
    names,
    observe::crowd::Crowd,
    run::RunError,
    tenancy::{TenancyError, Tenant, connect},
    workload::container::container,
};

/// Where pods are asked for, and where they run: two API servers, or one.
pub struct Ends {
    asked: End,
    run: Option<End>,
    runs: Runs,
}

/// What a pod of a load runs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Runs {
    /// Nothing: a simulated node lets it be Ready after its delay.
    Nothing,
    /// A program that waits for its end: on a real node something has to run, and its nodes hold our image.
    Idle,
}

impl Runs {
    fn on(host: &dyn Host) -> Self {
        if host.facts().nodes == "real" { Self::Idle } else { Self::Nothing }
    }

    fn container(self) -> Value {
        match self {
            Self::Nothing => json!({
                "name": "load",
                "image": "registry.k8s.io/pause:3.10",
                "resources": {
                    "requests": {"cpu": "1m", "memory": "1Mi"}, "limits": {"cpu": "10m", "memory": "16Mi"},
                },
            }),
            Self::Idle => container(&["idle"]),
        }
    }
}

struct End {
    kubeconfig: Kubeconfig,
    namespace: String,
}

impl Ends {
    /// A tenant's own API, and its host namespace as the platform sees it.
    pub fn of(tenant: &Tenant, host: &dyn Host) -> Self {
        Self {
            asked: End { kubeconfig: tenant.kubeconfig.clone(), namespace: tenant.workspace.clone() },
            run: Some(End { kubeconfig: host.admin().clone(), namespace: tenant.name.clone() }),
            runs: Runs::on(host),
        }
    }

    /// A namespace of the host itself.
    pub fn straight(host: &dyn Host, namespace: &str) -> Self {
        let asked = End { kubeconfig: host.admin().clone(), namespace: namespace.to_owned() };
        Self { asked, run: None, runs: Runs::on(host) }
    }

    /// A client of its own for what is asked.
    async fn requests(&self) -> Result<Client, TenancyError> {
        connect(self.asked.kubeconfig.clone()).await
    }

    /// Watches on both ends that have shown what is there by now; one watch where both are one.
    async fn crowds(&self, limit: Duration) -> Result<Crowds, RunError> {
        let asked = self.asked.crowd().await?;
        let run = match &self.run {
            Some(end) => Some(end.crowd().await?),
            None => None,
        };
        let crowds = Crowds { asked, run };
        for crowd in [&crowds.asked, crowds.host()] {
            crowd.until("the first list of pods", limit, |tally| tally.listed).await?;
        }
        Ok(crowds)
    }
}

impl End {
    async fn crowd(&self) -> Result<Crowd, TenancyError> {
        let client = watching(&self.kubeconfig).await?;
        Ok(Crowd::watch(client, &self.namespace, &format!("{}=true", names::LOAD_LABEL)))
    }
}

/// A client for one watch.
async fn watching(kubeconfig: &Kubeconfig) -> Result<Client, TenancyError> {
    let config = client::from_kubeconfig(kubeconfig.clone()).await?;
    Ok(client::client(config, Purpose::Watches { streams: 1 })?)
}

/// The pods at both ends.
struct Crowds {
    asked: Crowd,
    run: Option<Crowd>,
}

impl Crowds {
    fn host(&self) -> &Crowd {
        self.run.as_ref().unwrap_or(&self.asked)
    }
}

/// A pod of a load. `spec` is merged into its own.
fn pod(name: &str, runs: Runs, spec: Value) -> Result<Pod, RunError> {
    let mut whole = json!({"terminationGracePeriodSeconds": 1, "containers": [runs.container()]});
    if let (Value::Object(whole), Value::Object(spec)) = (&mut whole, spec) {
        whole.extend(spec);
    }
    let object = json!({
        "apiVersion": "v1", "kind": "Pod",
        "metadata": {"name": name, "labels": {(names::LOAD_LABEL): "true"}},
        "spec": whole,
    });
    serde_json::from_value(object).map_err(RunError::object)
}
