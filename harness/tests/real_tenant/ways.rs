//! Four ways of making a virtual cluster, and the same objects.

use std::{
    collections::BTreeMap,
    io::Write,
    path::PathBuf,
    process::{Command, Stdio},
};

use serde_json::{Value, json};

use crate::lab::{Lab, stderr, stdout};

/// Values that change something in every way that values can.
const VALUES: &str = "
serviceName: api
tlsSans: [a.example, 192.0.2.7]
service: {type: NodePort, nodePort: 30443}
storage: {size: 2Gi, class: fast}
images: {coredns: ''}
resources: {etcd: {cpu: 30m}}
quota: {pods: '0', secrets: '9'}
syncerFlags: [--log-level=debug]
";

struct Host {
    lab: Lab,
    kubectl: PathBuf,
    kubeconfig: String,
}

impl Host {
    fn up() -> Self {
        let lab = Lab::new();
        let kubeconfig = stdout(&lab.ok(&["host", "up"])).trim().to_owned();
        let kubectl = stdout(&lab.ok(&["tools", "path", "kubectl"])).trim().into();
        Self { lab, kubectl, kubeconfig }
    }

    fn tenantbench(&self, arguments: &[&str]) -> String {
        let output = self.lab.command(arguments).env("KUBECONFIG", &self.kubeconfig).output().unwrap();
        assert!(output.status.success(), "{arguments:?}: {}", stderr(&output));
        stdout(&output)
    }

    fn kubectl(&self, arguments: &[&str], input: &str) -> String {
        let mut command = Command::new(&self.kubectl);
        command.args(["--kubeconfig", &self.kubeconfig]).args(arguments);
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = command.spawn().unwrap();
        child.stdin.take().unwrap().write_all(input.as_bytes()).unwrap();
        let output = child.wait_with_output().unwrap();
        assert!(output.status.success(), "{arguments:?}: {}", stderr(&output));
        stdout(&output)
    }

    /// A namespace in which no pod is let run: objects are what is compared, not planes.
    fn namespace(&self, name: &str) {
        self.kubectl(&["create", "namespace", name], "");
        self.kubectl(&["-n", name, "create", "quota", "none", "--hard=pods=0"], "");
    }

    /// The objects of the virtual cluster `vc` as the API server has them, without what it or a tool adds to each.
    fn objects(&self, namespace: &str) -> BTreeMap<String, Value> {
        let kinds = "statefulsets,services,serviceaccounts,roles,rolebindings,resourcequotas";
        let selector = "tenantbench.dev/virtual-cluster=vc";
        let list = self.kubectl(&["-n", namespace, "get", kinds, "-l", selector, "-o", "json"], "");
        let list: Value = serde_json::from_str(&list.replace(namespace, "NAMESPACE")).unwrap();
        let objects = list["items"].as_array().unwrap().iter().cloned().map(plain);
        objects.map(|object| (format!("{}/{}", object["kind"], object["metadata"]["name"]), object)).collect()
    }

    fn remove(&self, namespace: &str) {
        self.kubectl(&["delete", "namespace", namespace, "--wait=false"], "");
        // A port of all nodes is free again only then.
        let all = ["-n", namespace, "delete", "service", "--all"];
        self.kubectl(&all, "");
    }
}

/// An object without what the server sets, and without the marks of the tool that applied it.
fn plain(mut object: Value) -> Value {
    object.as_object_mut().unwrap().remove("status");
    let metadata = object["metadata"].as_object_mut().unwrap();
    for set in
        ["uid", "resourceVersion", "creationTimestamp", "generation", "managedFields", "ownerReferences"]
    {
        metadata.remove(set);
    }
    metadata.remove("annotations");
    if let Some(labels) = metadata["labels"].as_object_mut() {
        labels.remove("app.kubernetes.io/managed-by");
    }
    if let Some(spec) = object["spec"].as_object_mut() {
        for set in ["clusterIP", "clusterIPs"] {
            if spec.get(set).is_some_and(|set| !set.to_string().contains("None")) {
                spec.remove(set);
            }
        }
        // Which port of the nodes a Service without a wish gets is the server's choice.
        for port in spec.get_mut("ports").and_then(Value::as_array_mut).into_iter().flatten() {
            if port["nodePort"] != 30443 {
                port.as_object_mut().unwrap().remove("nodePort");
            }
        }
    }
    object
}

#[test]
fn verb_manifests_chart_and_resource_make_the_same_objects() {
    let host = Host::up();
    let values = host.lab.path("values.yaml");
    for (round, text) in ["{}", VALUES].into_iter().enumerate() {
        let from = |way: &str| format!("from-{way}-{round}");
        std::fs::write(&values, text).unwrap();
        let file = values.to_str().unwrap();
        host.namespace(&from("verb"));
        host.tenantbench(&["tenant", "create", "vc", "-n", &from("verb"), "--values", file, "--no-wait"]);
        let wanted = host.objects(&from("verb"));
        host.remove(&from("verb"));
        assert_eq!(wanted.len(), if text == VALUES { 7 } else { 6 }, "{:?}", wanted.keys());

        host.namespace(&from("manifests"));
        let manifests =
            host.tenantbench(&["tenant", "manifests", "vc", "-n", &from("manifests"), "--values", file]);
        host.kubectl(&["apply", "-f", "-"], &manifests);
        assert_eq!(host.objects(&from("manifests")), wanted, "plain manifests");
        host.remove(&from("manifests"));

        if let Some(helm) = host.lab.helm() {
            host.namespace(&from("chart"));
            let folder = host.lab.path("chart").display().to_string();
            host.tenantbench(&["tenant", "chart", &folder]);
            let mut install = Command::new(helm);
            install.args([
                "install",
                "vc",
                &folder,
                "-n",
                &from("chart"),
                "-f",
                file,
                "--kubeconfig",
                &host.kubeconfig,
            ]);
            let output = install.env("HOME", host.lab.path("home")).output().unwrap();
            assert!(output.status.success(), "{}", stderr(&output));
            assert_eq!(host.objects(&from("chart")), wanted, "chart");
            host.remove(&from("chart"));
        }

        host.namespace(&from("resource"));
        host.kubectl(&["apply", "-f", "-"], &host.tenantbench(&["tenant", "operator", "-n", "default"]));
        host.kubectl(&["wait", "crd/virtualclusters.tenantbench.dev", "--for=condition=Established"], "");
        let spec: Value = serde_saphyr::from_str(text).unwrap();
        let resource = json!({
            "apiVersion": "tenantbench.dev/v1alpha1", "kind": "VirtualCluster",
            "metadata": {"name": "vc", "namespace": from("resource")}, "spec": spec,
        });
        host.kubectl(&["apply", "-f", "-"], &resource.to_string());
        let applied = ["-n", &from("resource"), "wait", "vc/vc", "--for=condition=Applied", "--timeout=60s"];
        host.kubectl(&applied, "");
        assert_eq!(host.objects(&from("resource")), wanted, "custom resource");
        host.remove(&from("resource"));
    }
}

#[test]
fn a_resource_that_is_deleted_takes_its_virtual_cluster_along_without_a_finalizer() {
    let host = Host::up();
    host.kubectl(&["apply", "-f", "-"], &host.tenantbench(&["tenant", "operator", "-n", "default"]));
    host.kubectl(&["wait", "crd/virtualclusters.tenantbench.dev", "--for=condition=Established"], "");
    let resource = json!({
        "apiVersion": "tenantbench.dev/v1alpha1", "kind": "VirtualCluster",
        "metadata": {"name": "mine", "namespace": "default"}, "spec": {},
    });
    host.kubectl(&["apply", "-f", "-"], &resource.to_string());
    host.kubectl(&["wait", "vc/mine", "--for=condition=Ready", "--timeout=90s"], "");
    assert_eq!(host.kubectl(&["get", "vc/mine", "-o", "jsonpath={.metadata.finalizers}"], ""), "");
    let kubectl = host.kubectl.to_str().unwrap();
    let inside = ["tenant", "connect", "mine", "--", kubectl, "get", "namespaces", "-o", "name"];
    assert!(host.tenantbench(&inside).contains("namespace/kube-system"));

    host.tenantbench(&["tenant", "pause", "mine"]);
    host.kubectl(&["wait", "vc/mine", "--for=jsonpath={.status.phase}=Paused", "--timeout=60s"], "");
    host.tenantbench(&["tenant", "resume", "mine"]);

    host.kubectl(&["delete", "vc/mine", "--cascade=foreground"], "");
    let selector = "tenantbench.dev/virtual-cluster=mine";
    host.kubectl(&["wait", "pods,secrets", "-l", selector, "--for=delete", "--timeout=60s"], "");
    let left = host.kubectl(&["get", "all,secrets,roles", "-l", selector, "-o", "name"], "");
    assert_eq!(left, "");
}
