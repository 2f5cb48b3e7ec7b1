//! The RayCluster that a tenant makes: small, so that what is measured is the control plane and not Ray.

use serde_json::{Value, json};

use crate::image;

/// What may differ between two samples.
#[derive(Clone, Debug)]
pub struct Sample {
    /// The RayCluster's name.
    pub name: String,
    /// How many workers it has beside its head.
    pub workers: u32,
    /// The image of head and workers.
    pub image: String,
    /// What they run in place of Ray; as the operator says where it is empty.
    pub command: Vec<String>,
}

impl Sample {
    /// The same with head and workers that only are there, by a program that every node of ours holds: Ray itself is a
    /// gigabyte to pull, and what is measured is the control plane.
    #[must_use]
    pub fn with_stand_in(self) -> Self {
        let command = ["tenantbench", "internal", "idle"].map(str::to_owned).to_vec();
        Self { image: image::REFERENCE.to_owned(), command, ..self }
    }
}

impl Default for Sample {
    fn default() -> Self {
        Self { name: "sample".into(), workers: 3, image: "rayproject/ray:2.52.0".into(), command: Vec::new() }
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
    let mut template = json!({
        "spec": {
            "containers": [{
                "name": container,
                "image": options.image,
                "resources": {"requests": {"cpu": "10m", "memory": "32Mi"}},
            }],
        },
    });
    if !options.command.is_empty() {
        // Upstream's operator leaves a command alone only where it is told to.
        template["metadata"] = json!({"annotations": {"ray.io/overwrite-container-cmd": "true"}});
        template["spec"]["containers"][0]["command"] = json!(options.command);
    }
    template
}
