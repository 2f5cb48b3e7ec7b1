//! The Go modules around the programs that are built: text only.
//!
//! A program of a module that replaces its own parts, as Kubernetes does, cannot be built by version from outside.
//! So it becomes a requirement of a module of ours, which says where the parts are published.

use super::{
    Binary,
    recipe::{Module, recipe},
    versions,
};

/// The Go that the wrapper asks for; a module that needs a newer one gets it.
const GO: &str = "1.26.0";

/// A module to build one or more programs in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Wrapper {
    /// The module that is required.
    pub(super) module: Module,
}

/// The module to build a binary in.
pub(super) fn wrapper(binary: Binary) -> Wrapper {
    Wrapper { module: recipe(binary).module }
}

/// The package of a binary.
pub(super) fn package(binary: Binary) -> String {
    let recipe = recipe(binary);
    format!("{}{}", recipe.module.path, recipe.package)
}

/// The linker's flags: no debug information, and the version that a release would carry.
pub(super) fn linker_flags(binary: Binary) -> String {
    let module = recipe(binary).module;
    if let Some(variable) = module.version_variable {
        return format!("-s -w -X {variable}=v{}", module.version);
    }
    if !module.staged {
        return "-s -w".to_owned();
    }
    let version = versions::KUBERNETES;
    let mut numbers = version.split('.');
    let (major, minor) = (numbers.next().unwrap_or_default(), numbers.next().unwrap_or_default());
    // The commit and the date are ours, and fixed, so that the same build comes from Go's cache.
    let values = [
        ("gitVersion", format!("v{version}")),
        ("gitMajor", major.to_owned()),
        ("gitMinor", minor.to_owned()),
        ("gitCommit", "tenantbench".to_owned()),
        ("gitTreeState", "archive".to_owned()),
        ("buildDate", "2026-01-01T00:00:00Z".to_owned()),
    ];
    let set = values.map(|(name, value)| format!("-X k8s.io/component-base/version.{name}={value}"));
    format!("-s -w {}", set.join(" "))
}

impl Wrapper {
    /// The text of its `go.mod`. `staging` are the module paths that the required module replaces by folders.
    pub(super) fn go_mod(&self, staging: &[String]) -> String {
        let Module { path, version, .. } = self.module;
        let name = path.rsplit('/').find(|part| !is_major(part)).unwrap_or(path);
        let mut text = format!("module tenantbench.local/{name}\n\ngo {GO}\n\n");
        if !staging.is_empty() {
            text.push_str("godebug default=go1.26\n\n");
        }
        text.push_str(&format!("require {path} v{version}\n"));
        if !staging.is_empty() {
            // Kubernetes 1.36.3 publishes its parts as 0.36.3.
            let part = format!("v0.{}", version.split_once('.').map_or("", |(_, rest)| rest));
            text.push_str("\nreplace (\n");
            for path in staging {
                text.push_str(&format!("\t{path} => {path} {part}\n"));
            }
            text.push_str(")\n");
        }
        text
    }
}

/// True for the `v2` at the end of a module's path.
fn is_major(part: &str) -> bool {
    part.strip_prefix('v').is_some_and(|number| number.parse::<u32>().is_ok())
}

/// The module paths that a `go.mod` replaces by folders below `./staging`.
pub(super) fn staging_modules(go_mod: &str) -> Vec<String> {
    let replaced = go_mod.lines().filter_map(|line| line.split_once(" => ./staging"));
    replaced.map(|(path, _)| path.trim().trim_start_matches("replace ").to_owned()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_staging_module_is_replaced_by_its_published_version() {
        let upstream = "replace (\n\tk8s.io/api => ./staging/src/k8s.io/api\n\tother => ./elsewhere\n)\n\
                        replace k8s.io/kms => ./staging/src/k8s.io/kms\n";
        let staging = staging_modules(upstream);
        assert_eq!(staging, ["k8s.io/api", "k8s.io/kms"]);
        let text = wrapper(Binary::Kubectl).go_mod(&staging);
        assert!(text.contains("require k8s.io/kubernetes v1.36.3\n"), "{text}");
        assert!(text.contains("\tk8s.io/api => k8s.io/api v0.36.3\n"), "{text}");
    }

    #[test]
    fn a_module_without_parts_replaces_nothing() {
        let text = wrapper(Binary::Etcd).go_mod(&[]);
        assert_eq!(
            text,
            "module tenantbench.local/server\n\ngo 1.26.0\n\nrequire go.etcd.io/etcd/server/v3 v3.6.16\n"
        );
    }

    #[test]
    fn programs_of_one_module_are_built_in_one_place() {
        assert_eq!(wrapper(Binary::Containerd), wrapper(Binary::Ctr));
        assert_ne!(wrapper(Binary::Kind), wrapper(Binary::Ctr));
        assert_eq!(package(Binary::Ctr), "github.com/containerd/containerd/v2/cmd/ctr");
        assert_eq!(package(Binary::Kind), "sigs.k8s.io/kind");
        assert!(linker_flags(Binary::Ctr).ends_with("version.Version=v2.3.7"));
    }

    #[test]
    fn a_built_server_says_the_version_of_the_release() {
        let flags = linker_flags(Binary::KubeApiserver);
        assert!(flags.contains("version.gitVersion=v1.36.3 "), "{flags}");
        assert!(flags.contains("version.gitMinor=36 "), "{flags}");
    }
}
