//! What the clusters of a run are called in Docker, so that whoever cleans up finds them, and only them.

use std::path::Path;

use sha2::{Digest, Sha256};

use crate::host::folder::RunName;

/// The label that kind puts on each container of a cluster; its value is the cluster's name.
pub(super) const CLUSTER_LABEL: &str = "io.x-k8s.kind.cluster";
/// The label of what we make in Docker ourselves; its value is the cluster's name too.
pub(super) const RUN_LABEL: &str = crate::names::RUN_LABEL;

/// Node names are host names, at most 63 letters, and kind adds `-control-plane` to the cluster's.
const LONGEST: usize = 40;

/// The beginning of the names of all clusters whose run folders are in `runs`: two users, or two tests, on one Docker
/// engine do not take each other's clusters for their own.
pub fn prefix(runs: &Path) -> String {
    format!("tb-{}-", digest(runs.as_os_str().as_encoded_bytes()))
}

/// The cluster of a run; its network and, with a suffix, its nodes have the same name.
pub fn cluster(runs: &Path, run: &RunName) -> String {
    let run = run.to_string();
    let plain = format!("{}{run}", prefix(runs));
    if plain.len() <= LONGEST {
        return plain;
    }
    let mark = digest(run.as_bytes());
    let room = LONGEST - prefix(runs).len() - mark.len() - 1;
    format!("{}{}-{mark}", prefix(runs), run[..room].trim_end_matches('-'))
}

fn digest(bytes: &[u8]) -> String {
    Sha256::digest(bytes).iter().take(4).map(|byte| format!("{byte:02x}")).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn name(text: &str) -> RunName {
        text.parse().unwrap()
    }

    #[test]
    fn a_cluster_bears_the_name_of_its_run_and_the_mark_of_its_folder() {
        let (here, there) = (Path::new("/a/runs"), Path::new("/b/runs"));
        let cluster_here = cluster(here, &name("default"));
        assert!(
            cluster_here.starts_with(&prefix(here)) && cluster_here.ends_with("-default"),
            "{cluster_here}"
        );
        assert!(!cluster(there, &name("default")).starts_with(&prefix(here)));
    }

    #[test]
    fn long_names_are_cut_and_stay_different() {
        let (a, b) = (format!("{}-a", "x".repeat(46)), format!("{}-b", "x".repeat(46)));
        let (a, b) = (cluster(Path::new("/r"), &name(&a)), cluster(Path::new("/r"), &name(&b)));
        assert!(a != b && a.len() <= LONGEST && b.len() <= LONGEST, "{a} {b}");
    }
}
