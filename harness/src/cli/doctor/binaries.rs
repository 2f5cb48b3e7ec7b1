//! The Kubernetes binaries: there, or to be had.

use super::finding::Finding;
use crate::assets::{AssetError, Binary, Found, Go, GoError, Options, locate};

pub(super) async fn check(options: &Options) -> Vec<Finding> {
    let mut found = Vec::new();
    // kind is among what its hosts need.
    for binary in Binary::ALL.into_iter().filter(|binary| *binary != Binary::Kind) {
        found.push((binary, locate(options, binary).await));
    }
    let all_there = found.iter().all(|(_, found)| matches!(found, Ok(Some(_))));
    let go = Go::find().await;
    let can_build = options.build && go.is_ok();
    let mut findings: Vec<_> =
        found.into_iter().map(|(binary, found)| judge(binary, found, can_build)).collect();
    findings.push(judge_go(&go, all_there));
    findings
}

fn judge(binary: Binary, found: Result<Option<Found>, AssetError>, can_build: bool) -> Finding {
    let name = binary.name();
    match found {
        Ok(Some(Found { warning: Some(warning), .. })) => {
            Finding::doubt(name, warning, format!("use version {}", binary.pinned()))
        }
        Ok(Some(found)) => {
            Finding::ok(name, format!("{} ({}, {})", found.version, found.source, found.path.display()))
        }
        Ok(None) if can_build => {
            Finding::note(name, "not there; it will be downloaded, or built with Go, when first needed")
        }
        Ok(None) => {
            let remedy = "connect to the network and run `tenantbench tools install`, install Go, or name a folder with --assets";
            Finding::doubt(name, "not there; it must be downloaded, for there is no Go to build it", remedy)
        }
        // The message says what to do.
        Err(error) => Finding::missing(name, error.to_string(), "as said"),
    }
}

fn judge_go(go: &Result<Go, GoError>, all_there: bool) -> Finding {
    match go {
        Ok(go) => Finding::ok("go", go.version.clone()),
        Err(error) if all_there => {
            Finding::note("go", format!("{error} (not needed: all binaries are there)"))
        }
        Err(error) => {
            Finding::doubt("go", error.to_string(), "install Go, unless binaries can be downloaded")
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{super::finding::Grade, *};

    #[test]
    fn a_binary_that_can_be_built_is_no_doubt() {
        assert_eq!(judge(Binary::Etcd, Ok(None), true).grade, Grade::Note);
        assert_eq!(judge(Binary::Etcd, Ok(None), false).grade, Grade::Doubt);
    }

    #[test]
    fn a_corrupt_binary_is_a_miss() {
        let error = AssetError::Changed { binary: Binary::Etcd, path: "/etcd".into() };
        assert_eq!(judge(Binary::Etcd, Err(error), true).grade, Grade::Missing);
    }
}
