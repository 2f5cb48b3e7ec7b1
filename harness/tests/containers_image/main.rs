//! Images in a container engine that had no part in making them: ours by file, and any by digest from a registry.
//! Skipped, with the reason, where there is no engine.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

#[path = "../support/engine.rs"]
mod engine;
mod registry;

use std::{path::Path, sync::Arc};

use engine::{Loaded, docker, said};
use tenantbench::{
    host::kind::{
        DockerError,
        node_image::{self, Say},
    },
    image::Image,
};

#[test]
fn docker_loads_our_image_under_its_name_and_digest_and_runs_it() {
    if !engine::engine() {
        return;
    }
    let (loaded, image) = Loaded::of(Path::new(env!("CARGO_BIN_EXE_tenantbench")), "tenantbench");
    let id = said(&docker(&["image", "inspect", "--format", "{{.Id}}", &loaded.reference()]));
    assert_eq!(id, image.id());
    let version = said(&docker(&["run", "--rm", &loaded.reference(), "--version"]));
    assert_eq!(version, format!("tenantbench {}", env!("CARGO_PKG_VERSION")));
    // What is not in the image would be missed by a program that looks a name up.
    let found = said(&docker(&["run", "--rm", &loaded.reference(), "internal", "fetch", "localhost:9"]));
    assert!(found.contains("unreached"), "{found}");
}

/// As `--node-image` and kind's own image are had; this one is no node, but small.
#[tokio::test]
async fn an_image_is_pulled_from_its_registry_by_its_digest_and_no_other_is_taken_for_it() {
    if !engine::engine() {
        return;
    }
    let program = Path::new(env!("CARGO_BIN_EXE_tenantbench"));
    let image = Image::of(program, "tenantbench", "tenantbench.test/pulled:0").unwrap();
    let address = registry::serve(&image).await;
    let repository = format!("{address}/mirror/tenantbench");
    let pulled = format!("{repository}@{}", image.digest());
    let say: Say = Arc::new(|_| {});

    let found = node_image::find(&pulled, &say).await.unwrap();
    let id = said(&docker(&["image", "inspect", "--format", "{{.Id}}", found.reference()]));
    docker(&["rmi", &pulled]);
    assert_eq!((found.reference(), id.as_str()), (pulled.as_str(), image.id()));

    // There is something of that digest, but it is no manifest.
    for digest in [image.id(), "sha256:0000000000000000000000000000000000000000000000000000000000000000"] {
        let other = format!("{repository}@{digest}");
        let refused = node_image::find(&other, &say).await.unwrap_err();
        assert!(matches!(&refused, DockerError::NoImage { image } if image.starts_with(&other)), "{refused}");
    }
}
