//! The Go modules around the programs that are built: text only.
//!
//! A program of a module that replaces its own parts, as Kubernetes does, cannot be built by version from outside.
//! So it becomes a requirement of a module of ours, which says where the parts are published.

use super::{Binary, versions};

/// A module to build one or more programs in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Wrapper {
    /// The module that is required.
    pub(super) module: &'static str,
    /// Its version, with a leading `v`.
    pub(super) version: String,
    /// Whether parts of it are published as modules of their own.
    pub(super) staged: bool,
    go: &'static str,
    name: &'static str,
}

/// The module to build a binary in.
pub(super) fn wrapper(binary: Binary) -> Wrapper {
    match binary {
        Binary::Etcd => Wrapper {
            module: "go.etcd.io/etcd/server/v3",
            version: format!("v{}", versions::ETCD),
            staged: false,
            go: "1.26.0",
            name: "tenantbench.local/etcd",
        },
        _ => Wrapper {
            module: "k8s.io/kubernetes",
            version: format!("v{}", versions::KUBERNETES),
            staged: true,
            go: "1.26.0",
            name: "tenantbench.local/kubernetes",
        },
    }
}

/// The package of a binary.
pub(super) fn package(binary: Binary) -> String {
    match binary {
        Binary::Etcd => "go.etcd.io/etcd/server/v3".to_owned(),
        _ => format!("k8s.io/kubernetes/cmd/{binary}"),
    }
}

/// The linker's flags: no debug information, and the version that a release would carry.
pub(super) fn linker_flags(binary: Binary) -> String {
    if binary == Binary::Etcd {
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
        let Self { module, version, go, name, .. } = self;
        let mut text = format!("module {name}\n\ngo {go}\n\n");
        if !staging.is_empty() {
            text.push_str("godebug default=go1.26\n\n");
        }
        text.push_str(&format!("require {module} {version}\n"));
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
            "module tenantbench.local/etcd\n\ngo 1.26.0\n\nrequire go.etcd.io/etcd/server/v3 v3.6.16\n"
        );
    }

    #[test]
    fn a_built_server_says_the_version_of_the_release() {
        let flags = linker_flags(Binary::KubeApiserver);
        assert!(flags.contains("version.gitVersion=v1.36.3 "), "{flags}");
        assert!(flags.contains("version.gitMinor=36 "), "{flags}");
    }
}
