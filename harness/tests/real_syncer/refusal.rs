//! Pods that the host does not take, and what the tenant is told.

use k8s_openapi::api::core::v1::{Pod, ResourceQuota};
use kube::api::{LogParams, Patch, PatchParams};
use serde_json::json;

use crate::{
    until::until,
    world::{case, create, simulated},
};

#[test]
fn a_pod_over_the_hosts_quota_is_made_when_the_quota_is_raised() {
    case(async |world| {
        let space = world.namespace("quota").await;
        let quotas = world.host::<ResourceQuota>();
        let hard = |amount: &str| json!({"spec": {"hard": {"requests.example.com/scarce": amount}}});
        let mut quota = hard("0");
        quota["metadata"] = json!({"name": "scarce"});
        create(&quotas, quota).await;
        until(&quotas, "scarce", |quota| quota.status.as_ref().is_some_and(|status| status.hard.is_some()))
            .await;

        let mut pod = simulated("web", json!({}));
        let scarce = json!({"example.com/scarce": "1"});
        pod["spec"]["containers"][0]["resources"] = json!({"limits": scarce, "requests": scarce});
        create(&space.pods(), pod).await;
        space.told("web", "exceeded quota").await;
        quotas.patch("scarce", &PatchParams::default(), &Patch::Merge(hard("1"))).await.unwrap();
        until(&world.host::<Pod>(), &space.host_name("web"), |_| true).await;
    });
}

#[test]
fn what_the_hosts_node_says_of_a_log_that_it_has_not_got_is_told_in_the_tenants_words() {
    case(async |world| {
        let space = world.namespace("no-log").await;
        space.ready(simulated("web", json!({}))).await;
        let refused = space.pods().logs("web", &LogParams::default()).await.unwrap_err();
        let kube::Error::Api(status) = refused else { panic!("{refused}") };
        assert!(status.message.contains("pod no-log/web is simulated"), "{}", status.message);
        assert!(!status.message.contains("-x-"), "{}", status.message);
        // The tenant's own API server puts this around what its kubelet says; nobody else does.
        assert_eq!(status.message.matches("an error on the server").count(), 1, "{}", status.message);
    });
}
