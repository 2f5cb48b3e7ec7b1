//! The Ray workload on a real API server. Needs the binaries of `TENANTBENCH_ASSETS`.

#![expect(clippy::unwrap_used, clippy::expect_used, reason = "a test that cannot go on says so")]

#[path = "../support/control_plane.rs"]
mod control_plane;
mod crds;
mod deletion;
mod installed;
#[path = "../support/kubelet.rs"]
mod kubelet;
mod manifests;
mod operator;
#[path = "../support/until.rs"]
mod until;
#[path = "../support/upstream_crds.rs"]
mod upstream_crds;

use k8s_openapi::apiextensions_apiserver::pkg::apis::apiextensions::v1::CustomResourceDefinition;
use kube::{
    Api, Client, ResourceExt,
    api::{ApiResource, DynamicObject, GroupVersionKind, Patch, PatchParams},
};

/// Where everything is made.
const NAMESPACE: &str = "default";

/// Applies `crds` and waits until each is Established.
async fn establish(client: &Client, crds: &[CustomResourceDefinition]) {
    let api: Api<CustomResourceDefinition> = Api::all(client.clone());
    for crd in crds {
        let name = crd.name_any();
        api.patch(&name, &PatchParams::apply("test").force(), &Patch::Apply(crd)).await.unwrap();
        let established = |crd: &CustomResourceDefinition| {
            let mut conditions = crd.status.iter().flat_map(|status| status.conditions.iter().flatten());
            conditions.any(|it| it.type_ == "Established" && it.status == "True")
        };
        until::until(&api, &name, established).await;
    }
}

/// The objects of one kind of `ray.io/v1`.
fn custom(client: &Client, kind: &str) -> Api<DynamicObject> {
    let resource = ApiResource::from_gvk(&GroupVersionKind::gvk("ray.io", "v1", kind));
    Api::namespaced_with(client.clone(), NAMESPACE, &resource)
}
