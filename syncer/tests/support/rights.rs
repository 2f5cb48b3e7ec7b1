//! Rights that a test gives the syncer, or takes from it, while everything runs.

use std::time::Duration;

use k8s_openapi::api::{
    authorization::v1::SelfSubjectAccessReview,
    rbac::v1::{ClusterRole, ClusterRoleBinding, PolicyRule, Role},
};
use kube::{
    Api,
    api::{DeleteParams, Patch, PatchParams, PostParams},
};
use serde_json::json;
use tenantbench_syncer::{
    kinds::{Kinds, TABLE},
    role::{lack, rules},
};

use super::{HOST_NAMESPACE, World, create, soon};

impl World {
    /// Gives the syncer what these kinds need instead of its ordinary rights, and waits until that holds.
    pub(crate) async fn grant(&self, kinds: &Kinds) {
        let rules = rules(kinds);
        let params = PatchParams::default();
        let change = Patch::Merge(json!({ "rules": rules.namespaced }));
        self.host_api::<Role>().patch("syncer", &params, &change).await.expect("a change");
        let change = Patch::Merge(json!({ "rules": rules.cluster }));
        Api::<ClusterRole>::all(self.host.clone())
            .patch("syncer-kinds", &params, &change)
            .await
            .expect("a change");
        soon("the roles to hold", async {
            for row in TABLE.iter().filter(|row| !row.grants.is_empty()) {
                let chosen = kinds.row(row.kind);
                let is_granted = chosen.is_some_and(|chosen| chosen.option() == row.option());
                // Another way of syncing the same kind may need less, and has it then.
                if chosen.is_some() && !is_granted {
                    continue;
                }
                // The API server tells nobody when it has taken a role in.
                while lack(&self.syncer, HOST_NAMESPACE, row).await.expect("may ask").is_empty() != is_granted
                {
                    tokio::time::sleep(Duration::from_millis(50)).await;
                }
            }
        })
        .await;
    }

    /// Gives the syncer these rules in the whole of the host, and waits until they hold.
    pub(crate) async fn grant_everywhere(&self, rules: Vec<PolicyRule>) {
        let role = json!({"metadata": {"name": "syncer"}, "rules": rules});
        create(&Api::<ClusterRole>::all(self.host.clone()), role).await;
        let binding = json!({
            "metadata": {"name": "syncer"},
            "roleRef": {"apiGroup": "rbac.authorization.k8s.io", "kind": "ClusterRole", "name": "syncer"},
            "subjects": [{"kind": "ServiceAccount", "name": "syncer", "namespace": HOST_NAMESPACE}],
        });
        create(&Api::<ClusterRoleBinding>::all(self.host.clone()), binding).await;
        soon("the ClusterRole to hold", self.until_holds(&rules, true)).await;
    }

    /// Takes them away again.
    pub(crate) async fn revoke_everywhere(&self) {
        let roles: Api<ClusterRole> = Api::all(self.host.clone());
        let rules = roles.get("syncer").await.expect("is there").rules.unwrap_or_default();
        let bindings: Api<ClusterRoleBinding> = Api::all(self.host.clone());
        bindings.delete("syncer", &DeleteParams::default()).await.expect("is deleted");
        roles.delete("syncer", &DeleteParams::default()).await.expect("is deleted");
        soon("the ClusterRole to be void", self.until_holds(&rules, false)).await;
    }

    /// The API server tells nobody when it has taken a role in.
    async fn until_holds(&self, rules: &[PolicyRule], wanted: bool) {
        let first = |list: &Option<Vec<String>>| list.iter().flatten().next().cloned().unwrap_or_default();
        for rule in rules {
            let (group, resource) = (first(&rule.api_groups), first(&rule.resources));
            let (resource, subresource) = resource.split_once('/').unwrap_or((&resource, ""));
            let review = json!({"spec": {"resourceAttributes": {
                "verb": rule.verbs[0], "group": group, "resource": resource, "subresource": subresource,
            }}});
            let review: SelfSubjectAccessReview = serde_json::from_value(review).expect("a review");
            let reviews: Api<SelfSubjectAccessReview> = Api::all(self.syncer.clone());
            loop {
                let answer = reviews.create(&PostParams::default(), &review).await.expect("may ask");
                if answer.status.is_some_and(|status| status.allowed) == wanted {
                    break;
                }
                tokio::time::sleep(Duration::from_millis(50)).await;
            }
        }
    }
}
