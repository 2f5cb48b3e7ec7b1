//! Options of a tenant's syncer, given by the platform team with the rights that they need.

use k8s_openapi::api::{
    apps::v1::StatefulSet,
    core::v1::{ConfigMap, Pod, ServiceAccount},
    rbac::v1::{ClusterRole, ClusterRoleBinding, PolicyRule, Role},
};
use kube::{
    Api,
    api::{DeleteParams, Patch, PatchParams},
};
use serde_json::{Value, json};
use tenantbench::{names::VIRTUAL_CLUSTER, observe::pods::is_ready};
use tenantbench_syncer::{
    kinds::{Direction, Kinds, Row, TABLE},
    role::rules,
};

use crate::{
    until::{gone, until},
    world::{World, create},
};

const SYNCER_ROLE: &str = "vc-syncer";

/// What a syncer syncs besides what it always does.
#[derive(Default)]
pub(crate) struct Choice {
    /// All kinds by option that go down.
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
        let env = vec![json!({"name": "TENANTBENCH_SYNCER_SYNC", "value": names})];
        let mut syncer = json!({"name": "syncer"});
        syncer["env"] = json!(env);
        let sets = world.host::<StatefulSet>();
        let patched = async |spec: Value| {
            let patch = Patch::Strategic(json!({"spec": spec}));
            sets.patch(VIRTUAL_CLUSTER, &PatchParams::default(), &patch).await.unwrap();
        };
        let plane = format!("{VIRTUAL_CLUSTER}-0");
        patched(json!({"replicas": 0})).await;
        gone(&world.host::<Pod>(), &plane).await;
        // Its store went with the pod, and a syncer takes a new cluster for the old one's only when it is told to.
        world.host::<ConfigMap>().delete(&world.identity(), &DeleteParams::default()).await.unwrap();
        let template = json!({"spec": {"containers": [syncer]}});
        patched(json!({"replicas": 1, "template": template})).await;
        until(&world.host::<Pod>(), &plane, is_ready).await;
        let accounts: Api<ServiceAccount> = Api::namespaced(world.tenant(), "default");
        until(&accounts, "default", |_| true).await;
    }

    fn takes(&self, row: &Row) -> bool {
        let comes_up = row.direction == Direction::Up;
        row.option().is_some() && if comes_up { self.up } else { self.down }
    }

    /// What `tenantbench-syncer role --sync …` prints.
    async fn grant(&self, world: &World, wanted: &[Row]) {
        let kinds = wanted.iter().try_fold(Kinds::default(), |kinds, row| kinds.with(*row)).unwrap();
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
