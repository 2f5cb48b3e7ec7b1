//! Host names and DNS.

use super::*;

#[test]
fn tenant_dns_keeps_the_pods_options() {
    let mut pod = operator();
    pod["spec"]["dnsConfig"] = json!({"options": [{"name": "ndots", "value": "2"}], "searches": ["corp"]});
    let host = translate_with(&pod, Some("10.96.0.10"));
    assert_eq!(host["spec"]["dnsPolicy"], "None");
    assert_eq!(
        host["spec"]["dnsConfig"],
        json!({
            "nameservers": ["10.96.0.10"],
            "searches": ["ray.svc.cluster.local", "svc.cluster.local", "cluster.local", "corp"],
            "options": [{"name": "ndots", "value": "2"}],
        })
    );
}

const DNS: Option<&str> = Some("10.96.0.10");

fn policy(fields: Value, dns: Option<&str>) -> (Value, Value) {
    let rules = Rules { node_access: true, ..Rules::default() };
    let host = carried(&with(fields), dns, &rules).expect("is carried");
    (host["spec"]["dnsPolicy"].clone(), host["spec"]["dnsConfig"]["nameservers"].clone())
}

#[test]
fn each_policy_means_what_it_means_in_the_tenant() {
    let own = json!({"nameservers": ["1.1.1.1"]});
    let cases = [
        (json!({"dnsPolicy": "ClusterFirst"}), DNS, "None", json!(["10.96.0.10"])),
        (json!({"dnsPolicy": null}), DNS, "None", json!(["10.96.0.10"])),
        (json!({"dnsPolicy": "ClusterFirst", "hostNetwork": true}), DNS, "ClusterFirst", Value::Null),
        (
            json!({"dnsPolicy": "ClusterFirstWithHostNet", "hostNetwork": true}),
            DNS,
            "None",
            json!(["10.96.0.10"]),
        ),
        (json!({"dnsPolicy": "Default"}), DNS, "Default", Value::Null),
        (json!({"dnsPolicy": "None", "dnsConfig": own}), DNS, "None", json!(["1.1.1.1"])),
        // Without a DNS of the tenant's nobody knows its names; the host's would give others' addresses.
        (json!({"dnsPolicy": "ClusterFirst"}), None, "Default", Value::Null),
        (json!({"dnsPolicy": "ClusterFirst", "dnsConfig": own}), None, "Default", json!(["1.1.1.1"])),
    ];
    for (fields, dns, expected, servers) in cases {
        assert_eq!(policy(fields.clone(), dns), (json!(expected), servers), "{fields}");
    }
}

#[test]
fn no_more_name_servers_than_a_pod_may_have() {
    let many = json!({"dnsConfig": {"nameservers": ["1.1.1.1", "1.1.1.2", "1.1.1.3"]}});
    assert_eq!(policy(many, DNS).1, json!(["10.96.0.10", "1.1.1.1", "1.1.1.2"]));
}

#[test]
fn the_domain_is_the_tenants() {
    let rules = Rules { domain: "corp.local".to_owned(), ..Rules::default() };
    let host = carried(&operator(), DNS, &rules).expect("is carried");
    assert_eq!(
        host["spec"]["dnsConfig"]["searches"],
        json!(["ray.svc.corp.local", "svc.corp.local", "corp.local"])
    );
    let names = &host["spec"]["hostAliases"][0]["hostnames"];
    assert_eq!(names[3], "kubernetes.default.svc.corp.local");
}

#[test]
fn a_pod_is_called_as_in_the_tenant() {
    let long = "p".repeat(70);
    let named = |name: &str, fields: Value| {
        let mut pod = with(fields);
        pod["metadata"]["name"] = json!(name);
        let host = carried(&pod, None, &Rules { node_access: true, ..Rules::default() }).expect("is carried");
        (host["spec"]["hostname"].clone(), host["spec"]["hostnameOverride"].clone())
    };
    let full = json!({"hostname": "h", "subdomain": "s", "setHostnameAsFQDN": true});
    let cases = [
        ("web-0", json!({}), json!("web-0"), Value::Null),
        ("web.0", json!({}), json!("web-0"), Value::Null),
        (long.as_str(), json!({}), json!("p".repeat(63)), Value::Null),
        ("web-0", json!({"hostname": "h", "subdomain": "s"}), json!("h"), Value::Null),
        ("web-0", full, json!("h"), json!("h.s.ray.svc.cluster.local")),
        ("web-0", json!({"setHostnameAsFQDN": true}), json!("web-0"), Value::Null),
        ("web-0", json!({"hostnameOverride": "any.name"}), json!("web-0"), json!("any.name")),
        ("web-0", json!({"hostNetwork": true}), Value::Null, Value::Null),
    ];
    for (name, fields, hostname, whole) in cases {
        assert_eq!(named(name, fields.clone()), (hostname, whole), "{name} {fields}");
    }
}

#[test]
fn the_tenants_api_has_its_names_after_the_pods_own() {
    let aliases = |own: Value| translate(&with(json!({"hostAliases": own})))["spec"]["hostAliases"].clone();
    let names = [
        "kubernetes",
        "kubernetes.default",
        "kubernetes.default.svc",
        "kubernetes.default.svc.cluster.local",
    ];
    assert_eq!(aliases(Value::Null), json!([{"ip": "10.96.0.40", "hostnames": names}]));
    let db = json!({"ip": "10.0.0.1", "hostnames": ["db"]});
    assert_eq!(aliases(json!([db])), json!([db, {"ip": "10.96.0.40", "hostnames": names}]));
    let same = aliases(json!([{"ip": "10.96.0.40", "hostnames": ["api"]}]));
    assert_eq!(same[0]["hostnames"][0], "api");
    assert_eq!(same[0]["hostnames"].as_array().map(Vec::len), Some(5));
}
