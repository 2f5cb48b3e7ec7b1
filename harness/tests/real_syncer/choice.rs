//! Options of a tenant's syncer, given by the platform team with the rights that they need.

use k8s_openapi::api::{
    core::v1::{ConfigMap, ServiceAccount},
    rbac::v1::{ClusterRole, ClusterRoleBinding, PolicyRule, Role},
};
use kube::{
    Api,
    api::{DeleteParams, Patch, PatchParams},
};
use serde_json::json;
use tenantbench_syncer::{
    kinds::{Custom, Direction, Kinds, Row, TABLE},
    role::rules,
};

use crate::{
    until::until,
    world::{World, create},
};

const SYNCER_ROLE: &str = "vc-syncer";

/// A custom kind with one rule.
const WIDGETS: &str =
    "{group: example.com, kind: Widget, rules: [{path: spec.secretName, is: name, of: Secret}]}";

/// What a syncer syncs besides what it always does.
#[derive(Default)]
pub(crate) struct Choice {
    /// All kinds by option that go down, and Widgets.
    pub(crate) down: bool,
    /// All kinds by option that come up.
    pub(crate) up: bool,
}

impl Choice {
    /// Has a tenant that is still empty started again with this choice, if it is one.
    pub(crate) async fn make(&self, world: &World) {
        let wanted: Vec<Row> = TABLE.iter().filter(|row| self.takes(row)).copied().collect();
        if wanted.is_empty() {
            return;
        }
        self.grant(world, &wanted).await;
        let names = wanted.iter().filter_map(Row::option).collect::<Vec<_>>().join(",");
        let mut flags = vec![format!("--sync={names}")];
        if self.down {
            flags.push(format!("--custom={WIDGETS}"));
        }
        world.stop_plane().await;
        // Its store went with the pod, and a syncer takes a new cluster for the old one's only when it is told to.
        world.host::<ConfigMap>().delete(&world.identity(), &DeleteParams::default()).await.unwrap();
        world.start_plane(&flags).await;
        let accounts: Api<ServiceAccount> = Api::namespaced(world.tenant(), "default");
        until(&accounts, "default", |_| true).await;
    }

    fn takes(&self, row: &Row) -> bool {
        let comes_up = row.direction == Direction::Up;
        row.option().is_some() && if comes_up { self.up } else { self.down }
    }

    /// What `tenantbench-syncer role --sync … --custom …` prints.
    async fn grant(&self, world: &World, wanted: &[Row]) {
        let widgets = self.down.then(|| Row::of_custom(Custom::of_plural("widgets", "example.com")));
        let kinds = wanted.iter().copied().chain(widgets).try_fold(Kinds::default(), Kinds::with).unwrap();
        let rules = rules(&kinds);
        let roles = world.host::<Role>();
        let before = roles.get(SYNCER_ROLE).await.unwrap().rules.unwrap_or_default();
        let all: Vec<PolicyRule> = before.into_iter().chain(rules.namespaced).collect();
        let patch = Patch::Merge(json!({"rules": all}));
        roles.patch(SYNCER_ROLE, &PatchParams::default(), &patch).await.unwrap();
        let name = format!("{}-syncer", world.name());
        let role = json!({"metadata": {"name": name}, "rules": rules.cluster});
        create(&Api::<ClusterRole>::all(world.platform.clone()), role).await;
        let binding = json!({
            "metadata": {"name": name},
            "roleRef": {"apiGroup": "rbac.authorization.k8s.io", "kind": "ClusterRole", "name": name},
            "subjects": [{"kind": "ServiceAccount", "name": SYNCER_ROLE, "namespace": world.name()}],
        });
        create(&Api::<ClusterRoleBinding>::all(world.platform.clone()), binding).await;
    }
}
