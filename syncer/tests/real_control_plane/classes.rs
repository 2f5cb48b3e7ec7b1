//! Classes that the host has and the tenant gets copies of, by option.

use k8s_openapi::{
    ClusterResourceScope, Resource as _,
    api::{
        core::v1::{Event, Pod},
        networking::v1::IngressClass,
        node::v1::RuntimeClass,
        scheduling::v1::PriorityClass,
        storage::v1::StorageClass,
    },
};
use kube::{
    Api, Resource, ResourceExt,
    api::{DeleteParams, ListParams, Patch, PatchParams},
};
use serde::{Serialize, de::DeserializeOwned};
use serde_json::{Value, json};
use tenantbench_syncer::{
    kinds::{Kinds, optional},
    role::rules,
    run::Options,
};

use crate::support::{Running, World, create, is_ready, pod, until};

const OPTIONS: [&str; 4] =
    ["host-storageclasses", "host-ingressclasses", "host-runtimeclasses", "host-priorityclasses"];

struct Lab {
    world: World,
    syncer: Running,
}

impl Lab {
    async fn start(world: World) -> Self {
        Self::with_selector(world, "").await
    }

    async fn with_selector(world: World, classes: &str) -> Self {
        let kinds = OPTIONS.iter().fold(Kinds::default(), |kinds, option| {
            kinds.with(optional(option).expect("an option")).expect("fits")
        });
        world.grant_everywhere(rules(&kinds).cluster).await;
        let syncer = world.launch(Options { kinds, classes: classes.to_owned(), ..world.options() });
        syncer.ready().await;
        Self { world, syncer }
    }

    /// Both sides' objects of a kind: the host's and the tenant's.
    fn both<K>(&self) -> (Api<K>, Api<K>)
    where
        K: Resource<Scope = ClusterResourceScope, DynamicType = ()>,
    {
        (Api::all(self.world.host.clone()), Api::all(self.world.tenant.clone()))
    }

    /// Makes a class on the host and waits for the tenant's copy; changes it and waits for that; deletes it likewise.
    async fn follow<K>(&self, object: Value, change: Value, path: &str)
    where
        K: Resource<Scope = ClusterResourceScope, DynamicType = ()> + Clone + Serialize + DeserializeOwned,
        K: std::fmt::Debug + Send + 'static,
    {
        let (host, tenant) = self.both::<K>();
        let name = create(&host, object.clone()).await.name_any();
        let copy =
            until("the copy", &tenant, &name, |copy: Option<&K>| copy.is_some()).await.expect("is there");
        let field = |object: &Value| object.pointer(path).cloned();
        let tree = |object: &K| serde_json::to_value(object).expect("JSON");
        assert_eq!(field(&tree(&copy)), field(&object), "{copy:?}");
        assert_eq!(copy.labels().get("tenantbench.dev/from-host").map(String::as_str), Some("true"));

        host.patch(&name, &PatchParams::default(), &Patch::Merge(&change)).await.expect("a change");
        let changed = |copy: Option<&K>| copy.is_some_and(|copy| field(&tree(copy)) == field(&change));
        until("the change", &tenant, &name, changed).await;

        host.delete(&name, &DeleteParams::default()).await.expect("is deleted");
        until("the copy to go", &tenant, &name, |copy: Option<&K>| copy.is_none()).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn classes_of_the_host_are_copied_followed_and_removed() {
    let lab = Lab::start(World::start().await).await;
    let labelled = json!({"metadata": {"labels": {"tier": "gold"}}});
    let named = |name: &str| json!({"name": name, "labels": {"tier": "tin"}});
    let storage =
        json!({"metadata": named("fast"), "provisioner": "csi.example", "parameters": {"secret": "s"}});
    lab.follow::<StorageClass>(storage, labelled.clone(), "/metadata/labels/tier").await;
    let ingress = json!({"metadata": named("web"), "spec": {"controller": "example.com/c"}});
    lab.follow::<IngressClass>(ingress, labelled.clone(), "/metadata/labels/tier").await;
    let runtime = json!({"metadata": named("sandbox"), "handler": "runsc"});
    lab.follow::<RuntimeClass>(runtime, json!({"scheduling": {"nodeSelector": {"a": "b"}}}), "/scheduling")
        .await;
    let priority = json!({"metadata": named("high"), "value": 7, "description": "one"});
    lab.follow::<PriorityClass>(priority, json!({"description": "two"}), "/description").await;
    lab.syncer.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_copy_that_the_tenant_changes_or_deletes_is_put_right() {
    let lab = Lab::start(World::start().await).await;
    let (host, tenant) = lab.both::<PriorityClass>();
    create(&host, json!({"metadata": {"name": "high"}, "value": 7, "description": "one"})).await;
    let copy = until("the copy", &tenant, "high", |copy: Option<&PriorityClass>| copy.is_some()).await;
    let change = Patch::Merge(json!({"description": "mine"}));
    tenant.patch("high", &PatchParams::default(), &change).await.expect("a change");
    let is_one =
        |copy: Option<&PriorityClass>| copy.is_some_and(|copy| copy.description.as_deref() == Some("one"));
    until("it to be put right", &tenant, "high", is_one).await;
    tenant.delete("high", &DeleteParams::default()).await.expect("is deleted");
    let uid = copy.and_then(|copy| copy.uid());
    until("another copy", &tenant, "high", |copy: Option<&PriorityClass>| {
        copy.is_some_and(|copy| copy.uid() != uid)
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_class_made_anew_with_what_cannot_be_changed_is_made_anew_in_the_tenant() {
    let lab = Lab::start(World::start().await).await;
    let (host, tenant) = lab.both::<PriorityClass>();
    for value in [7, 8] {
        host.delete("high", &DeleteParams::default()).await.ok();
        create(&host, json!({"metadata": {"name": "high"}, "value": value})).await;
        let has_value = |copy: Option<&PriorityClass>| copy.is_some_and(|copy| copy.value == Some(value));
        until("the value", &tenant, "high", has_value).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_tenants_own_class_of_that_name_stays_and_is_told_about() {
    let world = World::start().await;
    let own: Api<PriorityClass> = Api::all(world.tenant.clone());
    create(&own, json!({"metadata": {"name": "high"}, "value": 1})).await;
    let lab = Lab::start(world).await;
    let (host, tenant) = lab.both::<PriorityClass>();
    create(&host, json!({"metadata": {"name": "high"}, "value": 7})).await;
    let events = lab.world.tenant_api::<Event>("default");
    let told = crate::support::soon("an event", async {
        let params = kube::runtime::watcher::Config::default().fields("involvedObject.name=high");
        let stream = kube::runtime::watcher(events, params);
        let stream = kube::runtime::WatchStreamExt::applied_objects(stream);
        let mut stream = std::pin::pin!(stream);
        futures::TryStreamExt::try_next(&mut stream).await.expect("the watch works").expect("an event")
    })
    .await;
    assert_eq!(told.involved_object.kind.as_deref(), Some(PriorityClass::KIND));
    assert!(
        told.message.as_deref().is_some_and(|message| message.contains("the host has one of this name")),
        "{told:?}"
    );
    assert_eq!(tenant.get("high").await.expect("is there").value, Some(1));
    // Gone, it makes room.
    tenant.delete("high", &DeleteParams::default()).await.expect("is deleted");
    until("the copy", &tenant, "high", |copy: Option<&PriorityClass>| {
        copy.is_some_and(|copy| copy.value == Some(7))
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_class_comes_and_goes_with_the_label_that_is_selected() {
    let lab = Lab::with_selector(World::start().await, "tenants=yes").await;
    let (host, tenant) = lab.both::<PriorityClass>();
    create(&host, json!({"metadata": {"name": "platform"}, "value": 9})).await;
    create(&host, json!({"metadata": {"name": "high", "labels": {"tenants": "yes"}}, "value": 7})).await;
    until("the copy", &tenant, "high", |copy: Option<&PriorityClass>| copy.is_some()).await;
    assert!(tenant.get_opt("platform").await.expect("may read").is_none());
    let unselect = Patch::Merge(json!({"metadata": {"labels": {"tenants": null}}}));
    host.patch("high", &PatchParams::default(), &unselect).await.expect("a change");
    until("the copy to go", &tenant, "high", |copy: Option<&PriorityClass>| copy.is_none()).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_pod_may_name_a_runtime_class_that_came_from_the_host_and_no_other() {
    let lab = Lab::start(World::start().await).await;
    let _kubelet = lab.world.host_kubelet();
    let (host, tenant) = lab.both::<RuntimeClass>();
    create(&host, json!({"metadata": {"name": "sandbox"}, "handler": "runsc"})).await;
    until("the copy", &tenant, "sandbox", |copy: Option<&RuntimeClass>| copy.is_some()).await;
    create(&tenant, json!({"metadata": {"name": "own"}, "handler": "runsc"})).await;
    let pods = lab.world.tenant_api::<Pod>("default");
    let with_class = |name: &str, class: &str| {
        let mut pod = pod(name, None);
        pod["spec"]["runtimeClassName"] = json!(class);
        pod
    };
    create(&pods, with_class("refused", "own")).await;
    create(&pods, with_class("web", "sandbox")).await;
    until("the pod to be Ready", &pods, "web", is_ready).await;
    let host_pods = lab.world.host_api::<Pod>();
    let class = |pod: Pod| pod.spec.and_then(|spec| spec.runtime_class_name);
    let web = host_pods.get(&lab.world.names.host("default", "web")).await.expect("is there");
    assert_eq!(class(web).as_deref(), Some("sandbox"));
    let refused = host_pods.get_opt(&lab.world.names.host("default", "refused")).await.expect("may read");
    assert!(refused.is_none(), "{refused:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_pod_has_the_priority_of_a_class_that_came_from_the_host_and_of_no_other() {
    let lab = Lab::start(World::start().await).await;
    let _kubelet = lab.world.host_kubelet();
    let (host, tenant) = lab.both::<PriorityClass>();
    create(&host, json!({"metadata": {"name": "high"}, "value": 7, "preemptionPolicy": "Never"})).await;
    until("the copy", &tenant, "high", |copy: Option<&PriorityClass>| copy.is_some()).await;
    create(&tenant, json!({"metadata": {"name": "own"}, "value": 1000})).await;
    let pods = lab.world.tenant_api::<Pod>("default");
    for class in ["high", "own", "system-node-critical"] {
        let mut pod = pod(class, None);
        pod["spec"]["priorityClassName"] = json!(class);
        create(&pods, pod).await;
        until("the pod to be Ready", &pods, class, is_ready).await;
    }
    let of_host = async |name: &str| {
        let pod = lab.world.host_api::<Pod>().get(&lab.world.names.host("default", name)).await;
        let spec = pod.expect("is there").spec.expect("a spec");
        (spec.priority_class_name, spec.priority, spec.preemption_policy)
    };
    assert_eq!(of_host("high").await, (Some("high".to_owned()), Some(7), Some("Never".to_owned())));
    for other in ["own", "system-node-critical"] {
        let (class, priority, _) = of_host(other).await;
        assert_eq!((class, priority), (None, Some(0)), "{other}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn without_the_option_or_without_the_right_nothing_is_copied_and_the_rest_goes_on() {
    let world = World::start().await;
    let kinds = OPTIONS.iter().fold(Kinds::default(), |kinds, option| {
        kinds.with(optional(option).expect("an option")).expect("fits")
    });
    let host: Api<PriorityClass> = Api::all(world.host.clone());
    create(&host, json!({"metadata": {"name": "high"}, "value": 7})).await;
    let _kubelet = world.host_kubelet();
    for (round, kinds) in [Kinds::default(), kinds].into_iter().enumerate() {
        let syncer = world.launch(Options { kinds, ..world.options() });
        syncer.ready().await;
        let name = format!("web-{round}");
        let pods = world.tenant_api::<Pod>("default");
        create(&pods, pod(&name, None)).await;
        until("the pod to be Ready", &pods, &name, is_ready).await;
        let copies: Api<PriorityClass> = Api::all(world.tenant.clone());
        let ours = ListParams::default().labels("tenantbench.dev/from-host");
        assert_eq!(copies.list(&ours).await.expect("may list").items.len(), 0, "{round}");
        syncer.stop().await;
    }
}
