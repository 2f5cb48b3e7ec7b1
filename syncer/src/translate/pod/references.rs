//! Every place in a pod's spec that names another object of its namespace: one walk, used to list the names and to
//! translate them, so that the two cannot differ.

use serde_json::Value;

use crate::{json, kinds::Kind};

/// Volume sources that hold such a name, and where. `None`: a claim, which is not copied by being named.
const VOLUMES: [(&str, &[&str], Option<Kind>); 12] = [
    ("configMap", &["name"], Some(Kind::ConfigMap)),
    ("secret", &["secretName"], Some(Kind::Secret)),
    ("persistentVolumeClaim", &["claimName"], None),
    ("azureFile", &["secretName"], Some(Kind::Secret)),
    ("cephfs", &["secretRef", "name"], Some(Kind::Secret)),
    ("cinder", &["secretRef", "name"], Some(Kind::Secret)),
    ("csi", &["nodePublishSecretRef", "name"], Some(Kind::Secret)),
    ("flexVolume", &["secretRef", "name"], Some(Kind::Secret)),
    ("iscsi", &["secretRef", "name"], Some(Kind::Secret)),
    ("rbd", &["secretRef", "name"], Some(Kind::Secret)),
    ("scaleIO", &["secretRef", "name"], Some(Kind::Secret)),
    ("storageos", &["secretRef", "name"], Some(Kind::Secret)),
];

/// Calls `f` with each name and the kind that must be copied for it.
pub(super) fn visit(spec: &mut Value, f: &mut dyn FnMut(Option<Kind>, &mut String)) {
    for field in super::CONTAINERS {
        json::list_mut(spec, field).for_each(|container| visit_container(container, f));
    }
    json::list_mut(spec, "volumes").for_each(|volume| visit_volume(volume, f));
    for secret in json::list_mut(spec, "imagePullSecrets") {
        call(secret, &["name"], Some(Kind::Secret), f);
    }
}

fn visit_container(container: &mut Value, f: &mut dyn FnMut(Option<Kind>, &mut String)) {
    for variable in json::list_mut(container, "env") {
        call(variable, &["valueFrom", "configMapKeyRef", "name"], Some(Kind::ConfigMap), f);
        call(variable, &["valueFrom", "secretKeyRef", "name"], Some(Kind::Secret), f);
    }
    for source in json::list_mut(container, "envFrom") {
        call(source, &["configMapRef", "name"], Some(Kind::ConfigMap), f);
        call(source, &["secretRef", "name"], Some(Kind::Secret), f);
    }
}

fn visit_volume(volume: &mut Value, f: &mut dyn FnMut(Option<Kind>, &mut String)) {
    for (source, path, kind) in VOLUMES {
        if let Some(source) = volume.get_mut(source) {
            call(source, path, kind, f);
        }
    }
    let Some(projected) = volume.get_mut("projected") else { return };
    for source in json::list_mut(projected, "sources") {
        call(source, &["configMap", "name"], Some(Kind::ConfigMap), f);
        call(source, &["secret", "name"], Some(Kind::Secret), f);
    }
}

fn call(value: &mut Value, path: &[&str], kind: Option<Kind>, f: &mut dyn FnMut(Option<Kind>, &mut String)) {
    if let Some(name) = json::text_mut(value, path) {
        f(kind, name);
    }
}
