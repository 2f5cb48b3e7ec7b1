//! The recipe, which is part of the program, and the name of what it makes.

use std::{collections::BTreeMap, io, os::unix::fs::PermissionsExt, path::Path};

use futures::future::try_join_all;
use sha2::{Digest, Sha256};

use crate::assets::{AssetError, Binary, Options, Version, locate, versions};

/// The files of the recipe; the first is run.
const FILES: [(&str, &str); 5] = [
    ("build", include_str!("../../../../../kind-configs/node-image/build")),
    ("entrypoint", include_str!("../../../../../kind-configs/node-image/entrypoint")),
    ("containerd.toml", include_str!("../../../../../kind-configs/node-image/containerd.toml")),
    ("kubelet.conf", include_str!("../../../../../kind-configs/node-image/kubelet.conf")),
    ("network.yaml", include_str!("../../../../../kind-configs/node-image/network.yaml")),
];

/// The versions of the programs that an image would be made of now: those that are there, else the pinned ones.
pub(super) async fn programs(options: &Options) -> Result<BTreeMap<Binary, Version>, AssetError> {
    let looks = Binary::NODE.map(|binary| async move {
        let found = locate(options, binary).await?;
        Ok::<_, AssetError>((binary, found.map_or_else(|| binary.pinned(), |found| found.version)))
    });
    Ok(try_join_all(looks).await?.into_iter().collect())
}

/// What Docker calls the image that this recipe makes of these programs. Another recipe, or other programs, make one
/// of another name, so an image that is there is never built again.
pub fn reference(programs: &BTreeMap<Binary, Version>) -> String {
    let mut digest = Sha256::new();
    for (name, text) in FILES {
        digest.update(format!("{name} {}\n{text}", text.len()));
    }
    for (binary, version) in programs {
        digest.update(format!("{binary} {version}\n"));
    }
    let short: String = digest.finalize().iter().take(6).map(|byte| format!("{byte:02x}")).collect();
    format!("tenantbench.dev/node:v{}-{short}", versions::KUBERNETES)
}

/// Writes the recipe's files into a folder.
pub(super) fn write(folder: &Path) -> io::Result<()> {
    for (name, text) in FILES {
        let path = folder.join(name);
        fs_err::write(&path, text)?;
        fs_err::set_permissions(&path, std::fs::Permissions::from_mode(0o755))?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pinned() -> BTreeMap<Binary, Version> {
        Binary::NODE.into_iter().map(|binary| (binary, binary.pinned())).collect()
    }

    #[test]
    fn the_name_tells_recipes_and_programs_apart() {
        let reference_now = reference(&pinned());
        assert_eq!(reference_now, reference(&pinned()));
        let mut others = pinned();
        others.insert(Binary::Ctr, Binary::Kubectl.pinned());
        assert_ne!(reference_now, reference(&others));
        assert!(reference_now.starts_with("tenantbench.dev/node:v1.36.3-"), "{reference_now}");
    }

    #[test]
    fn every_program_that_the_recipe_installs_is_obtained() {
        let build = FILES[0].1;
        for binary in [Binary::Kubelet, Binary::Kubeadm, Binary::ContainerdShimRuncV2, Binary::HostLocal] {
            assert!(build.contains(binary.name()) && Binary::NODE.contains(&binary), "{binary}");
        }
    }
}
