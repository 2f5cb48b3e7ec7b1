//! What a container sees is its tenant's, not the host's.

use std::path::Path;

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use k8s_openapi::api::authentication::v1::{TokenReview, TokenReviewSpec};
use kube::{Api, api::PostParams};
use serde_json::Value;

use super::{
    ground::{AUDIENCE, BACK, COLOUR, Ground, LABELS, SERVER, TOKEN},
    verdict::Finding,
};
use crate::{inside::Inside, names, run::RunError};

/// Where a kubelet mounts the token that every pod has.
const USUAL_TOKEN: &str = "/var/run/secrets/kubernetes.io/serviceaccount/token";
const USUAL_NAMESPACE: &str = "/var/run/secrets/kubernetes.io/serviceaccount/namespace";

pub(super) async fn run(ground: &Ground<'_>) -> Result<Vec<Finding>, RunError> {
    let look = ["look", LABELS, TOKEN, USUAL_TOKEN, USUAL_NAMESPACE];
    let seen: Inside = ground.ask(BACK, SERVER, &look).await?;
    let mut findings = vec![environment(ground, &seen), downward(&seen), resolver(ground, &seen)];
    findings.push(token(ground, &seen, "token", USUAL_TOKEN, None).await?);
    findings.push(token(ground, &seen, "token-of-audience", TOKEN, Some(AUDIENCE)).await?);
    Ok(findings)
}

fn environment(ground: &Ground<'_>, seen: &Inside) -> Finding {
    let address = ground.pod_address();
    let node = ground.server.spec.as_ref().and_then(|spec| spec.node_name.clone()).unwrap_or_default();
    let wanted = [
        ("PLAIN", "as written"),
        ("COLOUR", COLOUR),
        ("POD_NAME", SERVER),
        ("POD_NAMESPACE", BACK),
        ("POD_ACCOUNT", "default"),
        ("POD_ADDRESS", &address),
        ("POD_NODE", &node),
    ];
    let variable = |name: &str| seen.environment.get(name).map_or("nothing", String::as_str).to_owned();
    let mut wrong: Vec<String> = wanted
        .iter()
        .filter(|(name, value)| variable(name) != *value)
        .map(|(name, value)| format!("{name} is {:?}, not {value:?}", variable(name)))
        .collect();
    if seen.hostname != SERVER {
        wrong.push(format!("the host name is {:?}, not {SERVER:?}", seen.hostname));
    }
    let same = format!("host name and {} variables are the tenant's: pod {BACK}/{SERVER}", wanted.len());
    Finding::same("environment", &same, &wrong)
}

fn downward(seen: &Inside) -> Finding {
    let (labels, namespace) = (file(seen, LABELS), file(seen, USUAL_NAMESPACE));
    let wanted = format!("app=\"{SERVER}\"");
    let mut wrong = Vec::new();
    if labels.trim() != wanted {
        wrong.push(format!("the labels are {labels:?}, not {wanted:?}"));
    }
    if namespace != BACK {
        wrong.push(format!("the namespace is {namespace:?}, not {BACK:?}"));
    }
    Finding::same("downward-api", &format!("files say {wanted} and namespace {BACK}"), &wrong)
}

fn resolver(ground: &Ground<'_>, seen: &Inside) -> Finding {
    let name = "resolver";
    if ground.simulated {
        return Finding::not_shown(name, "simulated nodes have no DNS");
    }
    let search = format!("{BACK}.svc.cluster.local");
    let has = seen.resolver.lines().any(|line| line.starts_with("search ") && line.contains(&search));
    let wrong: Vec<String> =
        (!has).then(|| format!("no search for {search} in {:?}", seen.resolver)).into_iter().collect();
    Finding::same(name, &format!("/etc/resolv.conf searches {search}"), &wrong)
}

/// Reads a token as its bearer could, and has the tenant's own API server judge it.
async fn token(
    ground: &Ground<'_>,
    seen: &Inside,
    name: &'static str,
    path: &str,
    audience: Option<&str>,
) -> Result<Finding, RunError> {
    let text = file(seen, path).trim();
    let Some(claims) = claims(text) else {
        return Ok(Finding::broken(name, format!("{path} holds no token")));
    };
    let user = names::service_account_user(BACK, "default");
    let mut wrong = Vec::new();
    if claims.pointer("/kubernetes.io/pod/name").and_then(Value::as_str) != Some(SERVER) {
        wrong.push("it is not bound to the tenant's pod".to_owned());
    }
    let spec = TokenReviewSpec {
        token: text.to_owned(),
        audiences: audience.map(|audience| vec![audience.to_owned()]),
    };
    let review = TokenReview { spec, ..TokenReview::default() };
    let reviews: Api<TokenReview> = Api::all(ground.tenant.client());
    let answer = reviews.create(&PostParams::default(), &review).await;
    let status = answer.map_err(RunError::probe("review a token"))?.status.unwrap_or_default();
    let known = status.user.and_then(|user| user.username);
    if status.authenticated != Some(true) || known.as_deref() != Some(&user) {
        wrong.push(format!("the tenant's API takes it for {:?}, not {user}", known.unwrap_or_default()));
    }
    let whom = audience.map(|audience| format!(", for {audience}")).unwrap_or_default();
    Ok(Finding::same(
        name,
        &format!("{path} is bound to pod {SERVER}; the tenant's API knows {user}{whom}"),
        &wrong,
    ))
}

fn file<'s>(seen: &'s Inside, path: &str) -> &'s str {
    seen.files.get(Path::new(path)).map_or("", String::as_str)
}

/// The middle part of a JSON web token.
fn claims(token: &str) -> Option<Value> {
    let payload = token.split('.').nth(1)?;
    serde_json::from_slice(&URL_SAFE_NO_PAD.decode(payload).ok()?).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_claims_of_a_token_are_read_and_no_others_are_made_up() {
        let token = format!("e30.{}.sig", URL_SAFE_NO_PAD.encode(r#"{"sub":"a"}"#));
        assert_eq!(claims(&token).unwrap()["sub"], "a");
        assert_eq!(claims(""), None);
        assert_eq!(claims("a.b.c"), None);
    }

    #[test]
    fn a_hosts_namespace_in_a_file_is_a_breach() {
        let mut seen = Inside::default();
        seen.files.insert(LABELS.into(), format!("app=\"{SERVER}\""));
        seen.files.insert(USUAL_NAMESPACE.into(), BACK.into());
        assert_eq!(downward(&seen).verdict, tenantbench_reports::Verdict::Held);
        seen.files.insert(USUAL_NAMESPACE.into(), "tenant-vcluster-1-blue".into());
        let finding = downward(&seen);
        assert_eq!(finding.verdict, tenantbench_reports::Verdict::Broken);
        assert!(finding.detail.contains("tenant-vcluster-1-blue"), "{}", finding.detail);
    }
}
