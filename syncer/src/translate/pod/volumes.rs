//! Volumes: tokens become files of a Secret, and what could name something outside the virtual cluster is refused.

use serde_json::{Value, json};

use super::super::Refused;
use crate::json;

/// The key of the tenant's certificate authority in a token Secret.
pub const CA_KEY: &str = "ca.crt";
/// The key of the tenant's namespace in a token Secret.
pub const NAMESPACE_KEY: &str = "namespace";

/// The ConfigMap that every namespace has, with the certificate authority.
const ROOT_CA: &str = "kube-root-ca.crt";

/// Sources that may be carried. A claim of an `ephemeral` volume is made in the tenant and carried as a claim.
const KNOWN: [&str; 30] = [
    "configMap",
    "secret",
    "projected",
    "downwardAPI",
    "emptyDir",
    "persistentVolumeClaim",
    "ephemeral",
    "hostPath",
    "image",
    "csi",
    "nfs",
    "fc",
    "iscsi",
    "rbd",
    "cephfs",
    "cinder",
    "flexVolume",
    "azureFile",
    "azureDisk",
    "scaleIO",
    "storageos",
    "awsElasticBlockStore",
    "gcePersistentDisk",
    "gitRepo",
    "flocker",
    "quobyte",
    "photonPersistentDisk",
    "portworxVolume",
    "vsphereVolume",
    "name",
];
const KNOWN_PROJECTED: [&str; 4] = ["configMap", "secret", "downwardAPI", "serviceAccountToken"];

/// Kubernetes hands out a year for exactly this lifetime with the default audience (it takes it for its own volume),
/// so it is never passed on.
const YEAR_IN_DISGUISE: i64 = 3607;
const DEFAULT_LIFETIME: i64 = 3600;
const SHORTEST_LIFETIME: i64 = 600;

/// One token that a pod asks for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TokenAsk {
    /// Its key in the token Secret.
    pub key: String,
    /// Whom it is for; none for the API server itself.
    pub audience: Option<String>,
    /// Its lifetime.
    pub seconds: i64,
}

/// Turns the service account token of each projected volume, with the certificate authority and the namespace beside
/// it, into files of the Secret `secret`. Returns the tokens that must be in there.
pub(super) fn fold_tokens(spec: &mut Value, secret: &str) -> Vec<TokenAsk> {
    let mut asks = Vec::new();
    for volume in json::list_mut(spec, "volumes") {
        let name = json::text(&volume["name"]).unwrap_or_default().to_owned();
        let Some(sources) = volume.pointer_mut("/projected/sources").and_then(Value::as_array_mut) else {
            continue;
        };
        if sources.iter().any(|source| source["serviceAccountToken"].is_object()) {
            fold_volume(sources, &name, secret, &mut asks);
        }
    }
    asks
}

fn fold_volume(sources: &mut Vec<Value>, volume: &str, secret: &str, asks: &mut Vec<TokenAsk>) {
    let mut items = Vec::new();
    sources.retain(|source| {
        let token = &source["serviceAccountToken"];
        if token.is_object() {
            let ask = ask(token, format!("{volume}.{}", items.len()));
            items.push(json!({ "key": ask.key, "path": token["path"] }));
            asks.push(ask);
            return false;
        }
        if let Some(path) = root_ca_path(source) {
            items.push(json!({ "key": CA_KEY, "path": path }));
            return false;
        }
        if let Some(path) = namespace_path(source) {
            items.push(json!({ "key": NAMESPACE_KEY, "path": path }));
            return false;
        }
        true
    });
    sources.insert(0, json!({ "secret": { "name": secret, "items": items } }));
}

fn ask(token: &Value, key: String) -> TokenAsk {
    let seconds = match token["expirationSeconds"].as_i64() {
        None | Some(YEAR_IN_DISGUISE) => DEFAULT_LIFETIME,
        Some(seconds) => seconds.max(SHORTEST_LIFETIME),
    };
    TokenAsk { key, audience: json::text(&token["audience"]).map(str::to_owned), seconds }
}

/// Where a source that is nothing but the certificate authority puts it.
fn root_ca_path(source: &Value) -> Option<&str> {
    let map = source["configMap"].as_object()?;
    (map.get("name")? == ROOT_CA).then_some(())?;
    match map.get("items").and_then(Value::as_array).map(Vec::as_slice) {
        None => Some(CA_KEY),
        Some([item]) if item["key"] == CA_KEY && item["mode"].is_null() => item["path"].as_str(),
        Some(_) => None,
    }
}

/// Where a source that is nothing but the namespace puts it.
fn namespace_path(source: &Value) -> Option<&str> {
    match source["downwardAPI"]["items"].as_array().map(Vec::as_slice) {
        Some([item]) if item["fieldRef"]["fieldPath"] == "metadata.namespace" => item["path"].as_str(),
        _ => None,
    }
}

/// Refuses sources that could name what is not the tenant's: those that this build does not know, and drivers that
/// nobody has vouched for.
pub(super) fn check(spec: &Value, csi_drivers: &[String]) -> Result<(), Refused> {
    for volume in json::list(&spec["volumes"]) {
        let name = || json::text(&volume["name"]).unwrap_or_default().to_owned();
        let projected =
            json::list(&volume["projected"]["sources"]).find_map(|source| unknown(source, &KNOWN_PROJECTED));
        // Its namespaces are not the tenant's: it would name any volume of the storage.
        let foreign =
            json::text(&volume["storageos"]["volumeNamespace"]).map(|_| "storageos with volumeNamespace");
        if let Some(source_kind) = unknown(volume, &KNOWN).or(projected).or(foreign) {
            return Err(Refused::Volume { volume: name(), source_kind: source_kind.to_owned() });
        }
        if let Some(csi) = volume["csi"].as_object() {
            let driver = csi.get("driver").and_then(Value::as_str).unwrap_or_default();
            if !csi_drivers.iter().any(|allowed| allowed == driver) {
                return Err(Refused::CsiDriver { volume: name(), driver: driver.to_owned() });
            }
        }
    }
    Ok(())
}

fn unknown<'a>(source: &'a Value, known: &[&str]) -> Option<&'a str> {
    let fields = source.as_object().into_iter().flatten();
    fields.map(|(field, _)| field.as_str()).find(|field| !known.contains(field))
}

/// An `ephemeral` volume's claim is made by the tenant's controllers as `POD-VOLUME`.
pub(super) fn claim_of_ephemeral(spec: &mut Value, pod: &str) {
    for volume in json::list_mut(spec, "volumes") {
        let claim = format!("{pod}-{}", json::text(&volume["name"]).unwrap_or_default());
        if let Some(volume) = volume.as_object_mut()
            && volume.remove("ephemeral").is_some()
        {
            volume.insert("persistentVolumeClaim".to_owned(), json!({ "claimName": claim }));
        }
    }
}
