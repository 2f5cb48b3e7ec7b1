//! What a user may do, asked of the API server with that user's own credentials.

use futures::{StreamExt, TryStreamExt, stream};
use k8s_openapi::api::{
    authorization::v1::{ResourceAttributes, SelfSubjectAccessReview, SelfSubjectAccessReviewSpec},
    rbac::v1::PolicyRule,
};
use kube::{Api, Client, api::PostParams};

/// One question: may I?
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Question {
    /// The verb.
    pub verb: String,
    /// The API group, empty for core.
    pub group: String,
    /// The plural resource.
    pub resource: String,
    /// The subresource, empty for the object itself.
    pub subresource: String,
    /// The namespace; none asks for the cluster scope.
    pub namespace: Option<String>,
}

impl std::fmt::Display for Question {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(out, "{} {}", self.verb, self.resource)?;
        if !self.group.is_empty() {
            write!(out, ".{}", self.group)?;
        }
        if !self.subresource.is_empty() {
            write!(out, "/{}", self.subresource)?;
        }
        match &self.namespace {
            Some(namespace) => write!(out, " in {namespace}"),
            None => write!(out, " at the cluster scope"),
        }
    }
}

/// The answers to a list of questions.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Answers {
    /// Questions that were answered with yes.
    pub allowed: Vec<Question>,
    /// Questions that were answered with no.
    pub denied: Vec<Question>,
}

/// Reviews under way at once.
const PARALLEL: usize = 8;

/// Asks each question as the user of `client`.
///
/// # Errors
/// The call's error where the API server does not answer a review.
pub async fn ask(client: &Client, questions: Vec<Question>) -> Result<Answers, kube::Error> {
    let api: Api<SelfSubjectAccessReview> = Api::all(client.clone());
    let answers: Vec<(Question, bool)> = stream::iter(questions)
        .map(|question| {
            let api = api.clone();
            async move {
                let answer = api.create(&PostParams::default(), &review(&question)).await?;
                Ok::<_, kube::Error>((question, answer.status.is_some_and(|status| status.allowed)))
            }
        })
        .buffer_unordered(PARALLEL)
        .try_collect()
        .await?;
    let (allowed, denied): (Vec<_>, Vec<_>) = answers.into_iter().partition(|(_, yes)| *yes);
    let questions = |list: Vec<(Question, bool)>| list.into_iter().map(|(question, _)| question).collect();
    Ok(Answers { allowed: questions(allowed), denied: questions(denied) })
}

fn review(question: &Question) -> SelfSubjectAccessReview {
    SelfSubjectAccessReview {
        spec: SelfSubjectAccessReviewSpec {
            resource_attributes: Some(ResourceAttributes {
                verb: Some(question.verb.clone()),
                group: Some(question.group.clone()),
                resource: Some(question.resource.clone()),
                subresource: Some(question.subresource.clone()).filter(|name| !name.is_empty()),
                namespace: question.namespace.clone(),
                ..ResourceAttributes::default()
            }),
            ..SelfSubjectAccessReviewSpec::default()
        },
        ..SelfSubjectAccessReview::default()
    }
}

/// One question per verb, group, resource and subresource that `rules` grant in `namespace`.
pub fn questions(rules: &[PolicyRule], namespace: &str) -> Vec<Question> {
    let mut all = Vec::new();
    for rule in rules {
        for group in rule.api_groups.iter().flatten() {
            for resource in rule.resources.iter().flatten() {
                let (resource, subresource) = resource.split_once('/').unwrap_or((resource, ""));
                all.extend(rule.verbs.iter().map(|verb| Question {
                    verb: verb.clone(),
                    group: group.clone(),
                    resource: resource.to_owned(),
                    subresource: subresource.to_owned(),
                    namespace: Some(namespace.to_owned()),
                }));
            }
        }
    }
    all
}

/// What nobody who is confined to one namespace may do: all that reaches out of it, and all that weakens its fence.
pub fn forbidden(namespace: &str, other_namespace: &str) -> Vec<Question> {
    let question =
        |verb: &str, group: &str, resource: &str, subresource: &str, namespace: Option<&str>| Question {
            verb: verb.into(),
            group: group.into(),
            resource: resource.into(),
            subresource: subresource.into(),
            namespace: namespace.map(str::to_owned),
        };
    let mut all = Vec::new();
    let cluster_wide = [
        ("", "nodes", ""),
        ("", "nodes", "proxy"),
        ("", "namespaces", ""),
        ("", "persistentvolumes", ""),
        ("apiextensions.k8s.io", "customresourcedefinitions", ""),
        ("rbac.authorization.k8s.io", "clusterroles", ""),
        ("rbac.authorization.k8s.io", "clusterrolebindings", ""),
        ("storage.k8s.io", "storageclasses", ""),
        ("scheduling.k8s.io", "priorityclasses", ""),
        ("admissionregistration.k8s.io", "validatingwebhookconfigurations", ""),
        ("admissionregistration.k8s.io", "mutatingwebhookconfigurations", ""),
        ("certificates.k8s.io", "certificatesigningrequests", ""),
        ("", "pods", ""),
        ("", "secrets", ""),
        ("", "services", ""),
    ];
    for (group, resource, subresource) in cluster_wide {
        for verb in ["get", "list", "watch", "create", "update", "patch", "delete"] {
            all.push(question(verb, group, resource, subresource, None));
        }
    }
    for verb in ["get", "list", "create", "update", "delete"] {
        for resource in ["pods", "secrets", "configmaps", "services"] {
            all.push(question(verb, "", resource, "", Some(other_namespace)));
        }
    }
    for verb in ["create", "update", "patch", "delete"] {
        all.push(question(verb, "", "resourcequotas", "", Some(namespace)));
        all.push(question(verb, "", "limitranges", "", Some(namespace)));
    }
    for (group, resource) in [("", "users"), ("", "groups")] {
        all.push(question("impersonate", group, resource, "", None));
    }
    all
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_rule_becomes_one_question_per_verb_and_subresource() {
        let rule = PolicyRule {
            api_groups: Some(vec![String::new()]),
            resources: Some(vec!["pods".into(), "pods/exec".into()]),
            verbs: vec!["get".into(), "create".into()],
            ..PolicyRule::default()
        };
        let asked: Vec<_> = questions(&[rule], "t").iter().map(ToString::to_string).collect();
        assert_eq!(
            asked,
            ["get pods in t", "create pods in t", "get pods/exec in t", "create pods/exec in t"]
        );
    }
}
