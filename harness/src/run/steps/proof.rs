//! The proof that nobody had or used more rights than the model says.

use k8s_openapi::api::{
    authentication::v1::{TokenRequest, TokenRequestSpec},
    core::v1::ServiceAccount,
};
use kube::{Api, api::PostParams, config::AuthInfo};
use tenantbench_syncer::role::{Access, denied, role_rules};

use crate::{
    probe::{
        actors::actors,
        rights::{self, Question},
    },
    run::{RunError, round::Round},
    tenancy::{Plane, Tenant, connect, with_user},
};

/// Asks the host, with the tenant's and the syncer's own credentials, what they may do.
pub async fn rights(round: &Round<'_>) -> Result<(), RunError> {
    let tenant = round.tenant()?;
    confined(round, "the tenant's user", tenant.host.client(), outside(tenant)).await?;
    let Some(plane) = &tenant.plane else { return Ok(()) };
    let syncer = syncer_client(round, tenant, plane).await?;
    confined(round, "the syncer", &syncer, [outside(tenant), denied_to_syncer(tenant)].concat()).await?;
    let asked = rights::questions(&role_rules(), &tenant.name);
    let count = asked.len();
    let answers = rights::ask(&syncer, asked).await.map_err(RunError::probe("review the syncer's rights"))?;
    let detail = match answers.denied.first() {
        None => format!("the syncer has all {count} rights of its Role, by SelfSubjectAccessReview"),
        Some(question) => format!("the syncer lacks {question}, which its Role declares"),
    };
    round.record.validity("rights", answers.denied.is_empty(), detail);
    Ok(())
}

/// Reads the host's audit log for writes in the tenant's namespace that carried another name than they should.
pub fn actors_of(round: &Round<'_>, tenant: &Tenant) {
    if round.platform.host.audit_log().is_none() {
        return;
    }
    let mut own = vec![tenant.user.clone()];
    own.extend(tenant.plane.as_ref().map(Plane::syncer_user));
    own.extend(round.shared.iter().flat_map(|shared| shared.accounts()));
    let found = actors(&round.host_requests(), &tenant.name, &own, &round.platform.user);
    let by: Vec<_> = found.writes.iter().map(|(user, count)| format!("{user} {count}")).collect();
    let detail = match found.strangers.as_slice() {
        [] => format!("every write in the namespace carried its author's own name: {}", by.join(", ")),
        strangers => format!("written by others than the tenant: {}", strangers.join(", ")),
    };
    round.record.validity("authors", found.strangers.is_empty(), detail);
}

async fn confined(
    round: &Round<'_>,
    who: &str,
    client: &kube::Client,
    asked: Vec<Question>,
) -> Result<(), RunError> {
    let count = asked.len();
    let answers = rights::ask(client, asked).await.map_err(RunError::probe("review rights on the host"))?;
    let detail = match answers.allowed.first() {
        None => {
            format!("{who} is denied all {count} rights that it must not have, by SelfSubjectAccessReview")
        }
        Some(question) => format!("{who} may {question} on the host"),
    };
    round.record.validity("rights", answers.allowed.is_empty(), detail);
    Ok(())
}

fn outside(tenant: &Tenant) -> Vec<Question> {
    rights::forbidden(&tenant.name, "kube-system")
}

/// What the tenant's user may do in its namespace and the syncer still may not.
fn denied_to_syncer(tenant: &Tenant) -> Vec<Question> {
    let question = |access: &Access| Question {
        verb: access.verb.to_owned(),
        group: access.group.to_owned(),
        resource: access.resource.to_owned(),
        subresource: access.subresource.to_owned(),
        namespace: (!access.everywhere).then(|| tenant.name.clone()),
    };
    denied().iter().map(question).collect()
}

/// A client with a token of the syncer's service account, asked for by the tenant.
async fn syncer_client(round: &Round<'_>, tenant: &Tenant, plane: &Plane) -> Result<kube::Client, RunError> {
    let accounts: Api<ServiceAccount> = Api::namespaced(tenant.host.client().clone(), &tenant.name);
    let request = TokenRequest {
        spec: Some(TokenRequestSpec { expiration_seconds: Some(600), ..TokenRequestSpec::default() }),
        ..TokenRequest::default()
    };
    let answer = accounts
        .create_token_request(&plane.syncer_account(), &PostParams::default(), &request)
        .await
        .map_err(RunError::probe("ask for a token of the syncer"))?;
    let token = answer.status.and_then(|status| status.token).unwrap_or_default();
    let auth = AuthInfo { token: Some(token.into()), ..AuthInfo::default() };
    let user = plane.syncer_user();
    Ok(connect(with_user(round.platform.host.admin(), &user, auth)).await?)
}
