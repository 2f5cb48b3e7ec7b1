//! Asking an API server what one may do.

use k8s_openapi::api::authorization::v1::{
    ResourceAttributes, SelfSubjectAccessReview, SelfSubjectAccessReviewSpec,
};
use kube::{Api, Client, api::PostParams};

/// One thing that one may or may not do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Access {
    /// The verb.
    pub verb: &'static str,
    /// The API group; empty for the core one.
    pub group: &'static str,
    /// The resource's plural.
    pub resource: &'static str,
    /// The subresource; empty for none.
    pub subresource: &'static str,
    /// In all namespaces, not in one's own.
    pub everywhere: bool,
}

const fn own(
    verb: &'static str,
    group: &'static str,
    resource: &'static str,
    subresource: &'static str,
) -> Access {
    Access { verb, group, resource, subresource, everywhere: false }
}

const fn everywhere(verb: &'static str, group: &'static str, resource: &'static str) -> Access {
    Access { verb, group, resource, subresource: "", everywhere: true }
}

const RBAC: &str = "rbac.authorization.k8s.io";

/// What a syncer that has no more than [`super::role_rules`] must be refused on the host.
pub fn denied() -> &'static [Access] {
    const DENIED: [Access; 27] = [
        everywhere("list", "", "pods"),
        everywhere("watch", "", "pods"),
        everywhere("list", "", "secrets"),
        everywhere("get", "", "secrets"),
        everywhere("create", "", "pods"),
        everywhere("list", "", "namespaces"),
        everywhere("create", "", "namespaces"),
        everywhere("get", "", "nodes"),
        everywhere("list", "", "nodes"),
        everywhere("list", "", "persistentvolumes"),
        everywhere("create", "apiextensions.k8s.io", "customresourcedefinitions"),
        everywhere("create", RBAC, "clusterroles"),
        everywhere("create", RBAC, "clusterrolebindings"),
        everywhere("impersonate", "", "users"),
        own("patch", "", "pods", "status"),
        own("update", "", "pods", "status"),
        own("patch", "", "pods", "ephemeralcontainers"),
        own("patch", "", "pods", "resize"),
        own("create", "", "pods", "eviction"),
        own("create", "", "pods", "binding"),
        own("patch", "", "services", "status"),
        own("create", "", "serviceaccounts", "token"),
        own("create", "", "endpoints", ""),
        own("create", "discovery.k8s.io", "endpointslices", ""),
        own("create", "", "events", ""),
        own("create", RBAC, "roles", ""),
        own("create", RBAC, "rolebindings", ""),
    ];
    &DENIED
}

/// Whether the client's user may do it, in `namespace` or, where the access says so, everywhere.
///
/// # Errors
/// An API server that does not answer; every authenticated user may ask.
pub async fn may(client: &Client, namespace: &str, access: &Access) -> Result<bool, kube::Error> {
    let some = |text: &str| (!text.is_empty()).then(|| text.to_owned());
    let attributes = ResourceAttributes {
        verb: some(access.verb),
        group: Some(access.group.to_owned()),
        resource: some(access.resource),
        subresource: some(access.subresource),
        namespace: some(namespace).filter(|_| !access.everywhere),
        ..ResourceAttributes::default()
    };
    let review = SelfSubjectAccessReview {
        spec: SelfSubjectAccessReviewSpec { resource_attributes: Some(attributes), ..Default::default() },
        ..SelfSubjectAccessReview::default()
    };
    let api: Api<SelfSubjectAccessReview> = Api::all(client.clone());
    let answer = api.create(&PostParams::default(), &review).await?;
    Ok(answer.status.is_some_and(|status| status.allowed))
}
