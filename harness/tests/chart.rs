//! What helm makes of the chart, compared with what `tenant manifests` prints. No cluster is needed, but helm is:
//! skipped, with the reason, where there is none.

#![expect(clippy::unwrap_used, reason = "a panic is how a test fails")]

mod lab;

use std::{
    collections::BTreeMap,
    path::Path,
    process::{Command, Output},
};

use lab::{Lab, stderr, stdout};
use serde_json::Value;

/// Each changes the shape of some object, and the last all of them.
const VALUES: [&str; 7] = [
    "{}",
    "{tlsSans: [a.example, 192.0.2.7], syncerFlags: [--log-level=debug, '--sync=host-nodes']}",
    "{serviceName: api, statefulSetName: plane, kubeconfigSecret: way-in, suffix: short}",
    "{storage: {size: 2Gi}, images: {coredns: ''}, heapGrowth: 100}",
    "{service: {type: NodePort, nodePort: 30443}, resources: {etcd: {cpu: 30m}, syncer: {memoryLimit: 1Gi}}}",
    "{quota: {pods: '20', secrets: '9'}, serviceCidr: 10.112.0.0/16}",
    "{serviceName: api, tlsSans: [a], service: {type: LoadBalancer}, storage: {size: 1Gi, class: fast},
      images: {coredns: '', etcd: 'etcd:1'}, resources: {prepare: {cpu: 1m}}, quota: {pods: '1'}}",
];

/// The objects of a stream of YAML documents, by kind and name.
fn objects(text: &str) -> BTreeMap<String, Value> {
    let documents = text.split("\n---\n").filter(|part| part.contains("kind:"));
    let object = |part: &str| -> Value { serde_saphyr::from_str(part.trim_start_matches("---\n")).unwrap() };
    let named = |object: Value| (format!("{}/{}", object["kind"], object["metadata"]["name"]), object);
    documents.map(object).map(named).collect()
}

/// What helm makes of the chart with these values; it keeps its own files in `home`.
fn template(helm: &Path, chart: &Path, values: &Path, home: &Path) -> Output {
    let mut command = Command::new(helm);
    command.args(["template", "vc"]).arg(chart).args(["-n", "team-a", "-f"]).arg(values).env("HOME", home);
    command.output().unwrap()
}

#[test]
fn helm_makes_the_objects_that_are_printed_whatever_the_values() {
    let lab = Lab::new();
    let Some(helm) = lab.helm() else { return };
    let (chart, values) = (lab.path("chart"), lab.path("values.yaml"));
    lab.ok(&["tenant", "chart", chart.to_str().unwrap()]);
    for text in VALUES {
        std::fs::write(&values, text).unwrap();
        let manifests = ["tenant", "manifests", "vc", "-n", "team-a", "--values", values.to_str().unwrap()];
        let printed = objects(&stdout(&lab.ok(&manifests)));
        assert!(printed.len() >= 6, "{:?}", printed.keys());
        let made = template(&helm, &chart, &values, &lab.path("home"));
        assert!(made.status.success(), "{}", stderr(&made));
        assert_eq!(objects(&stdout(&made)), printed, "{text}");
    }
}

#[test]
fn helm_refuses_values_that_the_chart_does_not_know() {
    let lab = Lab::new();
    let Some(helm) = lab.helm() else { return };
    let (chart, values) = (lab.path("chart"), lab.path("values.yaml"));
    lab.ok(&["tenant", "chart", chart.to_str().unwrap()]);
    std::fs::write(&values, "{tlsSan: [a]}").unwrap();
    let refused = template(&helm, &chart, &values, &lab.path("home"));
    assert!(!refused.status.success() && stderr(&refused).contains("tlsSan"), "{}", stderr(&refused));
}
