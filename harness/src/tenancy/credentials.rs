//! A user of a host cluster: asked for through the certificates API, so that it works on any host.

use std::time::Duration;

use base64::{Engine, engine::general_purpose::STANDARD};
use k8s_openapi::api::certificates::v1::{
    CertificateSigningRequest, CertificateSigningRequestCondition, CertificateSigningRequestStatus,
};
use kube::{
    Api, Client, ResourceExt,
    api::{DeleteParams, Patch, PatchParams, PostParams},
    config::{AuthInfo, Kubeconfig, NamedAuthInfo},
};
use serde_json::json;

use super::{TenancyError, signing_request::SigningRequest};
use crate::observe::until::Wait;

/// A day: longer than any run, short enough to be harmless when a kubeconfig is forgotten.
const VALID_SECONDS: u32 = 86_400;

/// Has the host sign a certificate for `user` and returns a kubeconfig with it, for the cluster of `admin`.
///
/// # Errors
/// [`TenancyError`] where the host refuses the request or does not sign it within `wait`.
pub(super) async fn host_user(
    platform: &Client,
    admin: &Kubeconfig,
    user: &str,
    limit: Duration,
) -> Result<Kubeconfig, TenancyError> {
    let request = SigningRequest::new(user)?;
    let api: Api<CertificateSigningRequest> = Api::all(platform.clone());
    let name = format!("tenantbench-{}", user.replace(':', "-"));
    let object: CertificateSigningRequest = serde_json::from_value(json!({
        "metadata": {"name": name},
        "spec": {
            "request": STANDARD.encode(&request.request),
            "signerName": "kubernetes.io/kube-apiserver-client",
            "expirationSeconds": VALID_SECONDS,
            "usages": ["client auth", "digital signature"],
        }
    }))
    .map_err(TenancyError::object("certificate signing request"))?;
    let created =
        api.create(&PostParams::default(), &object).await.map_err(TenancyError::call("create", &name))?;
    let signed = signed(&api, created, user, limit).await;
    // Also one that is not signed: it would be there for an hour more, for all of the cluster to see.
    let deleted = api.delete(&name, &DeleteParams::default()).await;
    let certificate = signed?;
    deleted.map_err(TenancyError::call("delete", &name))?;
    let auth = AuthInfo {
        client_certificate_data: Some(STANDARD.encode(certificate)),
        client_key_data: Some(STANDARD.encode(request.key).into()),
        ..AuthInfo::default()
    };
    Ok(with_user(admin, user, auth))
}

/// Approves a request and waits for its certificate.
async fn signed(
    api: &Api<CertificateSigningRequest>,
    mut request: CertificateSigningRequest,
    user: &str,
    limit: Duration,
) -> Result<Vec<u8>, TenancyError> {
    let name = request.name_any();
    request.status = Some(CertificateSigningRequestStatus {
        conditions: Some(vec![CertificateSigningRequestCondition {
            type_: "Approved".into(),
            status: "True".into(),
            reason: Some("TenantbenchPlatform".into()),
            message: Some("made by tenantbench for one tenant of one run".into()),
            ..Default::default()
        }]),
        ..Default::default()
    });
    let patch = Patch::Merge(json!({"status": request.status}));
    let approved = api.patch_approval(&name, &PatchParams::default(), &patch).await;
    approved.map_err(TenancyError::call("approve", &name))?;
    let certificate = |csr: &CertificateSigningRequest| {
        csr.status.as_ref()?.certificate.as_ref().map(|bytes| bytes.0.clone())
    };
    let wait = Wait::new(format!("the certificate of {user}"), limit);
    Ok(wait.object(api.clone(), &name, certificate, |_| "not signed".into()).await?)
}

/// The same cluster as in `admin`, with another user as the only one.
pub fn with_user(admin: &Kubeconfig, user: &str, auth: AuthInfo) -> Kubeconfig {
    let mut config = admin.clone();
    config.auth_infos =
        vec![NamedAuthInfo { name: user.to_owned(), auth_info: Some(auth), ..Default::default() }];
    for context in &mut config.contexts {
        if let Some(context) = &mut context.context {
            context.user = Some(user.to_owned());
        }
    }
    config
}
