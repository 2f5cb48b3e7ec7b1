//! What nodes are made of: kind's own image where it can be had, else one that is built on this machine.
//!
//! The recipe of the latter is in `kind-configs/node-image/` and needs no image registry.

mod build;
mod error;
mod recipe;

use std::sync::Arc;

use tokio_util::sync::CancellationToken;

pub use build::build;
pub(super) use build::check_tools;
pub use error::NodeImageError;
pub use recipe::reference;

use super::{
    Docker, DockerError, NodeImage,
    docker::{Engine, Guest},
};
use crate::assets::{self, Binary, Options, versions};

/// Says what is being done.
pub type Say = Arc<dyn Fn(&str) + Send + Sync>;

/// Chooses the image of nodes, and gets or builds it where it is not there.
///
/// # Errors
/// When there is none, and none can be had.
pub async fn obtain(
    engine: &Engine,
    options: &Options,
    progress: Arc<dyn assets::Progress>,
    say: Say,
    shutdown: &CancellationToken,
) -> Result<NodeImage, NodeImageError> {
    let official = match official_is_usable(engine) {
        Ok(()) => Some(versions::KIND_NODE_IMAGE),
        Err(reason) => {
            say(reason);
            None
        }
    };
    if let Some(official) = official
        && Docker.image_id(official).await?.is_some()
    {
        return Ok(NodeImage::Official(official.to_owned()));
    }
    if let Some(built) = built(options).await? {
        return Ok(NodeImage::Built(built));
    }
    if let Some(official) = official.filter(|_| options.releases.is_some()) {
        say(&format!("pulling {official}"));
        let pulled = tokio::select! {
            pulled = pull(official) => pulled,
            () = shutdown.cancelled() => return Err(NodeImageError::Interrupted),
        };
        match pulled {
            Ok(()) => return Ok(NodeImage::Official(official.to_owned())),
            Err(error @ DockerError::DiskFull(_)) => return Err(error.into()),
            Err(error) => say(&format!("{error}: building a node image instead")),
        }
    }
    build(options, false, progress, say, shutdown).await.map(NodeImage::Built)
}

/// The image that was built from the same recipe and programs; none where it would have to be built.
///
/// # Errors
/// When a program that it would be built from cannot be used, or Docker cannot be asked.
pub async fn built(options: &Options) -> Result<Option<String>, NodeImageError> {
    let reference = reference(&recipe::programs(options).await?);
    Ok(Docker.image_id(&reference).await?.map(|_| reference))
}

/// The image that the user named, pulled where it is not there.
///
/// # Errors
/// [`DockerError::NoImage`] where it cannot be pulled.
pub async fn find(named: &str, say: &Say) -> Result<NodeImage, DockerError> {
    if Docker.image_id(named).await?.is_none() {
        say(&format!("pulling {named}"));
        pull(named).await?;
    }
    Ok(NodeImage::Named(named.to_owned()))
}

/// Pulls an image from its registry.
async fn pull(image: &str) -> Result<(), DockerError> {
    match Docker.run(["pull", "--quiet", image]).await {
        Ok(_) => Ok(()),
        // Registries refuse in many words, and all come to this.
        Err(DockerError::Failed { reason, .. } | DockerError::NoImage { image: reason }) => {
            Err(DockerError::NoImage { image: format!("{image} ({reason})") })
        }
        Err(error) => Err(error),
    }
}

/// kind's own image leaves the kubelet at its default, which refuses the old control groups.
pub(super) fn official_is_usable(engine: &Engine) -> Result<(), &'static str> {
    match engine.cgroup_version.as_str() {
        "1" => Err("this machine has cgroup v1, which the kubelet of kind's own node image refuses; \
             the image that is built here allows it"),
        _ => Ok(()),
    }
}

/// All programs that go into an image, found or obtained.
async fn programs(
    options: &Options,
    progress: Arc<dyn assets::Progress>,
) -> Result<assets::Assets, NodeImageError> {
    Ok(assets::resolve(options, &Binary::NODE, progress).await?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_official_image_is_passed_over_where_its_kubelet_would_not_start() {
        let engine = |version: &str| Engine { cgroup_version: version.into(), ..Engine::default() };
        assert!(official_is_usable(&engine("2")).is_ok());
        assert!(official_is_usable(&engine("1")).unwrap_err().contains("cgroup v1"));
    }

    #[test]
    fn the_official_image_is_pinned_by_digest() {
        let (name, digest) = versions::KIND_NODE_IMAGE.split_once("@sha256:").unwrap();
        assert!(name.starts_with("kindest/node:v1.36.") && digest.len() == 64, "{name} {digest}");
    }
}
