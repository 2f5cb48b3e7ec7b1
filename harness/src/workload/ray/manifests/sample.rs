//! The RayCluster that a tenant makes: small, so that what is measured is the control plane and not Ray.

use serde_json::{Value, json};

/// What may differ between two samples.
#[derive(Clone, Debug)]
pub struct Sample {
    /// The RayCluster's name.
    pub name: String,
    /// How many workers it has beside its head.
    pub workers: u32,
    /// The image of head and workers.
    pub image: String,
}

impl Default for Sample {
    fn default() -> Self {
        Self { name: "sample".into(), workers: 3, image: "rayproject/ray:2.52.0".into() }
    }
}

/// The RayCluster itself, without a namespace.
pub(super) fn sample(options: &Sample) -> Value {
    json!({
        "apiVersion": "ray.io/v1",
        "kind": "RayCluster",
        "metadata": {"name": options.name},
        "spec": {
            "rayVersion": "2.52.0",
            "headGroupSpec": {
                "rayStartParams": {},
                "template": template("ray-head", options),
            },
            "workerGroupSpecs": [{
                "groupName": "workers",
                "replicas": options.workers,
                "minReplicas": options.workers.min(1),
                "maxReplicas": options.workers.max(10),
                "rayStartParams": {},
                "template": template("ray-worker", options),
            }],
        },
    })
}

fn template(container: &str, options: &Sample) -> Value {
    json!({
        "spec": {
            "containers": [{
                "name": container,
                "image": options.image,
                "resources": {"requests": {"cpu": "10m", "memory": "32Mi"}},
            }],
        },
    })
}
