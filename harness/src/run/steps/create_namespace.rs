//! A namespace that a tenant makes: where it may, and whether the host shows it.

use futures::{FutureExt, future::BoxFuture};
use k8s_openapi::api::core::v1::Namespace;
use kube::{Api, api::DynamicObject};
use serde_json::json;
use tenantbench_reports::Verdict;

use crate::{
    apply::ApplyError,
    run::{
        RunError,
        round::{Round, Step},
    },
};

/// Makes it with the tenant's rights, and looks for it on the host with the platform's. A refusal is a result.
pub fn run<'r>(round: &'r mut Round<'_>, name: &'r str) -> BoxFuture<'r, Result<Step, RunError>> {
    async move {
        let tenant = round.tenant()?;
        let namespace = json!({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name}});
        let namespace: DynamicObject = serde_json::from_value(namespace).map_err(RunError::object)?;
        match tenant.api.apply(&namespace, "").await {
            Ok(_) => {}
            Err(ApplyError::Refused(refusal)) => return Ok(Step::Refused(refusal)),
            Err(error) => return Err(error.into()),
        }
        let host: Api<Namespace> = Api::all(round.platform.client());
        let shown = host.get_opt(name).await.map_err(RunError::probe("look for a namespace on the host"))?;
        let (verdict, detail) = match shown {
            None => (Verdict::Held, format!("the tenant has a namespace {name}, the host has none")),
            Some(_) => (Verdict::Broken, format!("the host shows the tenant's namespace {name}")),
        };
        round.record.check("namespace-hidden", verdict, detail.as_str());
        match verdict {
            Verdict::Broken => Err(RunError::Broken { broken: vec![detail] }),
            _ => Ok(Step::Done),
        }
    }
    .boxed()
}
