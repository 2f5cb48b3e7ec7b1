//! Every place in a pod's spec that names another object of its namespace: one walk, used to list the names and to
//! translate them, so that the two cannot differ.

use serde_json::Value;

use crate::{json, kinds::Kind};

/// Volume sources that hold such a name, and where.
const VOLUMES: [(&str, &[&str], Kind); 12] = [
    ("configMap", &["name"], Kind::ConfigMap),
    ("secret", &["secretName"], Kind::Secret),
    ("persistentVolumeClaim", &["claimName"], Kind::PersistentVolumeClaim),
    ("azureFile", &["secretName"], Kind::Secret),
    ("cephfs", &["secretRef", "name"], Kind::Secret),
    ("cinder", &["secretRef", "name"], Kind::Secret),
    ("csi", &["nodePublishSecretRef", "name"], Kind::Secret),
    ("flexVolume", &["secretRef", "name"], Kind::Secret),
    ("iscsi", &["secretRef", "name"], Kind::Secret),
    ("rbd", &["secretRef", "name"], Kind::Secret),
    ("scaleIO", &["secretRef", "name"], Kind::Secret),
    ("storageos", &["secretRef", "name"], Kind::Secret),
];

/// Calls `f` with each name and the kind of what it names.
pub(super) fn visit(spec: &mut Value, f: &mut dyn FnMut(Kind, &mut String)) {
    for field in super::CONTAINERS {
        json::list_mut(spec, field).for_each(|container| visit_container(container, f));
    }
    json::list_mut(spec, "volumes").for_each(|volume| visit_volume(volume, f));
    for secret in json::list_mut(spec, "imagePullSecrets") {
        call(secret, &["name"], Kind::Secret, f);
    }
}

fn visit_container(container: &mut Value, f: &mut dyn FnMut(Kind, &mut String)) {
    for variable in json::list_mut(container, "env") {
        call(variable, &["valueFrom", "configMapKeyRef", "name"], Kind::ConfigMap, f);
        call(variable, &["valueFrom", "secretKeyRef", "name"], Kind::Secret, f);
    }
    for source in json::list_mut(container, "envFrom") {
        call(source, &["configMapRef", "name"], Kind::ConfigMap, f);
        call(source, &["secretRef", "name"], Kind::Secret, f);
    }
}

fn visit_volume(volume: &mut Value, f: &mut dyn FnMut(Kind, &mut String)) {
    for (source, path, kind) in VOLUMES {
        if let Some(source) = volume.get_mut(source) {
            call(source, path, kind, f);
        }
    }
    let Some(projected) = volume.get_mut("projected") else { return };
    for source in json::list_mut(projected, "sources") {
        call(source, &["configMap", "name"], Kind::ConfigMap, f);
        call(source, &["secret", "name"], Kind::Secret, f);
    }
}

fn call(value: &mut Value, path: &[&str], kind: Kind, f: &mut dyn FnMut(Kind, &mut String)) {
    if let Some(name) = json::text_mut(value, path) {
        f(kind, name);
    }
}
