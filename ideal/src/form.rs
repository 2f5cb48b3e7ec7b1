//! What the host gets, in a correct syncer's words: the larger an object is, the more it costs the host's API server and
//! whoever watches it. The first pod is translated as the syncer does it; into each other one its own names are put.

use std::sync::OnceLock;

use jiff::Timestamp;
use serde_json::{Value, json};
use tenantbench_syncer::{
    names::{Names, marks},
    object::Object,
    translate::{
        metadata::Ownership,
        pod::{self, Rules, Sources, Surroundings, Tokens, token_secret},
    },
};

use super::calls::CallError;

/// Addresses for documentation (RFC 5737): nobody in these pods asks for anything.
const API: (&str, u16) = ("192.0.2.1", 443);
const DNS: &str = "192.0.2.2";

/// The volume of a pod that has its tokens, by where it stands in the translated one.
const SECRET: &str = "/spec/volumes/0/projected/sources/0/secret";

/// Makes the host's objects of one virtual cluster.
pub(super) struct Form {
    ownership: Ownership,
    ca: String,
    first: OnceLock<Value>,
}

impl Form {
    /// Of a plane whose objects belong to `owner`, with a certificate authority in PEM.
    pub(super) fn new(names: Names, owner: Value, ca: String) -> Self {
        Self { ownership: Ownership { names, owner: Some(owner) }, ca, first: OnceLock::new() }
    }

    /// The host's pod.
    pub(super) fn pod(&self, tenant: &Object) -> Result<Value, CallError> {
        let mut body = match self.first.get() {
            Some(first) => first.clone(),
            None => {
                let first = self.translated(&tenant.value()?)?;
                self.first.get_or_init(|| first).clone()
            }
        };
        body["metadata"]["name"] = json!(self.host_name(tenant));
        body["spec"]["hostname"] = json!(tenant.name());
        let annotations = &mut body["metadata"]["annotations"];
        annotations[marks::NAME] = json!(tenant.name());
        annotations[marks::UID] = json!(tenant.uid());
        let secret = body.pointer_mut(SECRET).ok_or(CallError::NoToken)?;
        secret["name"] = json!(self.secret_name(tenant));
        Ok(body)
    }

    /// The Secret with a pod's token, of one whose pod has been made.
    pub(super) fn secret(&self, tenant: &Object, token: &str) -> Result<Value, CallError> {
        let first = self.first.get().and_then(|first| first.pointer(SECRET)).ok_or(CallError::NoToken)?;
        let key = first["items"][0]["key"].as_str().ok_or(CallError::NoToken)?;
        let (tokens, now) = ([(key.to_owned(), token.to_owned())], Timestamp::now());
        let held = Tokens { tokens: &tokens, ca: &self.ca, minted_at: now, refresh_at: now };
        let pod = (tenant.namespace(), tenant.name(), tenant.uid());
        Ok(token_secret(pod, held, &self.ownership))
    }

    /// The host's name of a pod.
    pub(super) fn host_name(&self, tenant: &Object) -> String {
        self.ownership.names.host(tenant.namespace(), tenant.name())
    }

    /// The host's name of that Secret.
    pub(super) fn secret_name(&self, tenant: &Object) -> String {
        self.ownership.names.token_secret(tenant.namespace(), tenant.name(), tenant.uid())
    }

    fn translated(&self, tenant: &Value) -> Result<Value, CallError> {
        let around = Surroundings {
            ownership: &self.ownership,
            api: API,
            links: &[],
            sources: &Sources::default(),
            dns: Some(DNS),
            namespaces: &|_| Vec::new(),
            rules: &Rules::default(),
        };
        Ok(pod::host(tenant, &around)?)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn form() -> Form {
        let owner = json!({"apiVersion": "apps/v1", "kind": "StatefulSet", "name": "vc", "uid": "o"});
        Form::new(Names::new("vc", "host-ns"), owner, "pem".to_owned())
    }

    /// A pod of a load, as a tenant's API server has it.
    fn pod(name: &str, volume: &str) -> Object {
        let sources = json!([
            {"serviceAccountToken": {"expirationSeconds": 3607, "path": "token"}},
            {"configMap": {"name": "kube-root-ca.crt", "items": [{"key": "ca.crt", "path": "ca.crt"}]}},
            {"downwardAPI": {"items": [
                {"path": "namespace", "fieldRef": {"apiVersion": "v1", "fieldPath": "metadata.namespace"}},
            ]}},
        ]);
        let pod = json!({
            "metadata": {"name": name, "namespace": "default", "uid": format!("uid-of-{name}")},
            "spec": {
                "dnsPolicy": "ClusterFirst",
                "containers": [{"name": "load", "volumeMounts": [
                    {"name": volume, "mountPath": "/var/run/secrets/kubernetes.io/serviceaccount"},
                ]}],
                "volumes": [{"name": volume, "projected": {"sources": sources}}],
            },
        });
        Object::from_text(&pod.to_string()).unwrap()
    }

    #[test]
    fn each_pod_is_what_the_syncers_own_translation_makes_of_it_but_for_the_name_of_its_volume() {
        let form = form();
        form.pod(&pod("first", "kube-api-access-x")).unwrap();
        let second = form.pod(&pod("second", "kube-api-access-y")).unwrap();
        let expected = form.translated(&pod("second", "kube-api-access-x").value().unwrap()).unwrap();
        assert_eq!(second, expected);
    }

    #[test]
    fn the_secret_has_what_the_pod_mounts() {
        let form = form();
        let pod = pod("first", "kube-api-access-x");
        let made = form.pod(&pod).unwrap();
        let secret = form.secret(&pod, "token").unwrap();
        let mounted = made.pointer(SECRET).unwrap();
        assert_eq!(secret["metadata"]["name"], mounted["name"]);
        let keys = mounted["items"].as_array().unwrap().iter().map(|item| item["key"].as_str().unwrap());
        assert!(keys.clone().count() == 3 && keys.clone().all(|key| secret["data"][key].is_string()));
    }
}
