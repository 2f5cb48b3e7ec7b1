//! Pods of every kind of controller, and of none.

use futures::{AsyncBufReadExt, StreamExt};
use k8s_openapi::api::{
    apps::v1::{Deployment, StatefulSet},
    batch::v1::Job,
    core::v1::{ConfigMap, Pod, Service},
};
use kube::{
    Api, ResourceExt,
    api::{DeleteParams, LogParams, Patch, PatchParams},
};
use serde_json::json;
use tenantbench::observe::pods::is_ready;

use crate::{
    until::{any, gone, until},
    world::{IDLE, case, create, process, simulated, workload},
};

#[test]
fn a_bare_pod_runs_and_goes() {
    case(async |world| {
        let space = world.namespace("bare").await;
        space.ready(simulated("web", json!({}))).await;
        space.pods().delete("web", &DeleteParams::default()).await.unwrap();
        gone(&space.pods(), "web").await;
        gone(&world.host::<Pod>(), &space.host_name("web")).await;
    });
}

#[test]
fn a_deployment_scales_and_goes() {
    case(async |world| {
        let space = world.namespace("deployment").await;
        let deployments: Api<Deployment> = space.api();
        create(&deployments, workload(&simulated("web", json!({})), json!({"replicas": 2}))).await;
        let available = |wanted: i32| {
            move |one: &Deployment| {
                one.status.as_ref().is_some_and(|status| {
                    status.available_replicas == Some(wanted) && status.replicas == Some(wanted)
                })
            }
        };
        until(&deployments, "web", available(2)).await;
        let one = Patch::Merge(json!({"spec": {"replicas": 1}}));
        deployments.patch("web", &PatchParams::default(), &one).await.unwrap();
        until(&deployments, "web", available(1)).await;
        let left = any(&space.pods(), is_ready).await;
        deployments.delete("web", &DeleteParams::background()).await.unwrap();
        gone(&space.pods(), &left.name_any()).await;
        gone(&world.host::<Pod>(), &space.host_name(&left.name_any())).await;
    });
}

#[test]
fn a_stateful_sets_pod_comes_back_under_its_name() {
    case(async |world| {
        let space = world.namespace("stateful").await;
        let sets: Api<StatefulSet> = space.api();
        let more = json!({"replicas": 2, "serviceName": "db"});
        create(&sets, workload(&simulated("db", json!({})), more)).await;
        until(&space.pods(), "db-1", is_ready).await;
        let first = space.pods().get("db-0").await.unwrap();
        assert!(is_ready(&first), "the second is not made before the first is Ready");
        space.pods().delete("db-0", &DeleteParams::default()).await.unwrap();
        let second = until(&space.pods(), "db-0", |pod| pod.uid() != first.uid() && is_ready(pod)).await;
        let host = world.host::<Pod>().get(&space.host_name("db-0")).await.unwrap();
        assert_eq!(host.annotations().get("tenantbench.dev/uid"), second.metadata.uid.as_ref());
    });
}

#[test]
fn a_job_completes_and_one_that_fails_says_so() {
    case(async |world| {
        let space = world.namespace("jobs").await;
        let jobs: Api<Job> = space.api();
        for (name, line) in [("good", "exit 0"), ("bad", "exit 3")] {
            let pod = process(name, line, json!({"restartPolicy": "Never"}));
            let job = json!({
                "metadata": {"name": name},
                "spec": {"backoffLimit": 0, "template": {"spec": pod["spec"]}},
            });
            create(&jobs, job).await;
        }
        let ended = |name: &'static str| {
            move |job: &Job| {
                let mut all = job.status.iter().flat_map(|status| status.conditions.iter().flatten());
                all.any(|one| one.type_ == name && one.status == "True")
            }
        };
        until(&jobs, "good", ended("Complete")).await;
        until(&jobs, "bad", ended("Failed")).await;
        let code = |pod: &Pod| {
            let statuses = pod.status.as_ref()?.container_statuses.as_ref()?;
            Some(statuses.first()?.state.as_ref()?.terminated.as_ref()?.exit_code)
        };
        any(&space.pods(), |pod| code(pod) == Some(3)).await;
    });
}

#[test]
fn a_container_that_ends_is_started_again() {
    case(async |world| {
        let space = world.namespace("restarts").await;
        create(&space.pods(), process("short", "sleep 0.2; exit 1", json!({}))).await;
        let restarts = |pod: &Pod| {
            let statuses = pod.status.as_ref().and_then(|status| status.container_statuses.as_ref());
            statuses.and_then(|all| all.first()).map_or(0, |one| one.restart_count)
        };
        until(&space.pods(), "short", |pod| restarts(pod) > 0).await;
    });
}

/// Says what a pod sees of itself and of what is around it.
const LOOK: &str = r#"
echo "is $NAME in $NAMESPACE as $ACCOUNT"
echo "url $URL"
echo "api $KUBERNETES_SERVICE_HOST"
echo "host $(cat /proc/sys/kernel/hostname)"
echo "labels $(cat /info/labels)"
echo "token of $(cat /run/secrets/kubernetes.io/serviceaccount/namespace)"
echo "init $(cat /shared/init)"
grep -o kubernetes.default.svc.cluster.local /etc/hosts
echo end
while :; do sleep 0.05; done"#;

#[test]
fn a_pod_believes_that_it_lives_in_its_tenant() {
    case(async |world| {
        let space = world.namespace("believes").await;
        let db = json!({"metadata": {"name": "db"}, "spec": {"ports": [{"port": 5432}]}});
        let db = create(&space.api::<Service>(), db).await.spec.unwrap().cluster_ip.unwrap();
        until(&world.host::<Service>(), &space.host_name("db"), |_| true).await;
        let endpoint = json!({"KUBERNETES_SERVICE_HOST": "192.0.2.1"});
        create(&space.api::<ConfigMap>(), json!({"metadata": {"name": "endpoint"}, "data": endpoint})).await;
        let field =
            |name: &str, path: &str| json!({"name": name, "valueFrom": {"fieldRef": {"fieldPath": path}}});
        let mounts =
            json!([{"name": "info", "mountPath": "/info"}, {"name": "shared", "mountPath": "/shared"}]);
        let mut pod = process(
            "look",
            LOOK,
            json!({"volumes": [
                {"name": "shared", "emptyDir": {}},
                {"name": "info", "downwardAPI": {"items": [{"path": "labels", "fieldRef": {"fieldPath": "metadata.labels"}}]}},
            ]}),
        );
        let mut init = pod["spec"]["containers"][0].clone();
        init["name"] = json!("init");
        init["command"] = json!(["sh", "-c", "echo done > /shared/init"]);
        init["volumeMounts"] = mounts.clone();
        let mut sidecar = init.clone();
        sidecar["name"] = json!("sidecar");
        sidecar["command"] = json!(["sh", "-c", IDLE]);
        sidecar["restartPolicy"] = json!("Always");
        pod["spec"]["initContainers"] = json!([init, sidecar]);
        let container = &mut pod["spec"]["containers"][0];
        container["volumeMounts"] = mounts;
        container["envFrom"] = json!([{"configMapRef": {"name": "endpoint"}}]);
        container["env"] = json!([
            field("NAME", "metadata.name"), field("NAMESPACE", "metadata.namespace"),
            field("ACCOUNT", "spec.serviceAccountName"),
            {"name": "URL", "value": "pg://$(DB_SERVICE_HOST):$(DB_SERVICE_PORT)"},
        ]);
        space.ready(pod).await;
        let follow = LogParams { container: Some("c".to_owned()), follow: true, ..LogParams::default() };
        let mut lines = Box::pin(space.pods().log_stream("look", &follow).await.unwrap()).lines();
        let mut said = Vec::new();
        while let Some(Ok(line)) = lines.next().await
            && line != "end"
        {
            said.push(line);
        }
        let wanted = [
            "is look in believes as default",
            &format!("url pg://{db}:5432"),
            "api 192.0.2.1",
            "host look",
            "labels app=\"look\"",
            "token of believes",
            "init done",
            "kubernetes.default.svc.cluster.local",
        ];
        assert_eq!(said, wanted);
    });
}
