//! The documents of the image, and the tar file that holds them: an OCI layout, with Docker's table of contents beside
//! OCI's.

use std::io;

use serde_json::{Value, json};
use tar::{Builder, EntryType};

use super::{BIN, Blob, Image, layer::append};

const LAYER_TYPE: &str = "application/vnd.oci.image.layer.v1.tar";
const CONFIG_TYPE: &str = "application/vnd.oci.image.config.v1+json";
const MANIFEST_TYPE: &str = "application/vnd.oci.image.manifest.v1+json";
const INDEX_TYPE: &str = "application/vnd.oci.image.index.v1+json";

/// The date of everything, for the same program must give the same image.
const EPOCH: &str = "1970-01-01T00:00:00Z";

/// What a container of the image runs, and what it is made of. The layer is not compressed, so its digest is its
/// content's too.
pub(super) fn config(program: &str, layer: &Blob) -> Value {
    json!({
        "created": EPOCH,
        "architecture": architecture(),
        "os": "linux",
        "config": {
            "Entrypoint": [format!("/{program}")],
            "Env": [format!("PATH=/{BIN}")],
            "WorkingDir": "/",
            "Labels": {"org.opencontainers.image.version": env!("CARGO_PKG_VERSION")},
        },
        "rootfs": {"type": "layers", "diff_ids": [layer.digest]},
        "history": [{"created": EPOCH, "created_by": "tenantbench"}],
    })
}

pub(super) fn manifest(config: &Blob, layer: &Blob) -> Value {
    json!({
        "schemaVersion": 2,
        "mediaType": MANIFEST_TYPE,
        "config": descriptor(CONFIG_TYPE, config),
        "layers": [descriptor(LAYER_TYPE, layer)],
    })
}

pub(super) fn write(image: &Image, out: impl io::Write) -> io::Result<()> {
    let mut tar = Builder::new(out);
    let mut file = |path: &str, content: &[u8]| append(&mut tar, EntryType::Regular, path, 0o644, content);
    file("oci-layout", json!({"imageLayoutVersion": "1.0.0"}).to_string().as_bytes())?;
    file("index.json", index(image).to_string().as_bytes())?;
    file("manifest.json", contents(image).to_string().as_bytes())?;
    for blob in [&image.manifest, &image.config, &image.layer] {
        file(&blob.path(), &blob.bytes)?;
    }
    tar.into_inner()?.flush()
}

fn index(image: &Image) -> Value {
    let mut entry = descriptor(MANIFEST_TYPE, &image.manifest);
    entry["platform"] = json!({"os": "linux", "architecture": architecture()});
    let reference = &image.reference;
    let tag = reference.rsplit(':').next();
    // The second is the standard's word for a tag, the first is what containerd reads a whole name from.
    entry["annotations"] =
        json!({"io.containerd.image.name": reference, "org.opencontainers.image.ref.name": tag});
    json!({"schemaVersion": 2, "mediaType": INDEX_TYPE, "manifests": [entry]})
}

/// What `docker load` reads.
fn contents(image: &Image) -> Value {
    json!([{"Config": image.config.path(), "RepoTags": [image.reference], "Layers": [image.layer.path()]}])
}

fn descriptor(media_type: &str, blob: &Blob) -> Value {
    json!({"mediaType": media_type, "digest": blob.digest, "size": blob.bytes.len()})
}

/// This machine's architecture in the words of images.
fn architecture() -> &'static str {
    match std::env::consts::ARCH {
        "x86_64" => "amd64",
        "aarch64" => "arm64",
        other => other,
    }
}
