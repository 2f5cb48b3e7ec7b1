//! Where runs and binaries are kept, and what killed runs left.

use std::path::Path;

use nix::sys::statvfs::statvfs;

use super::finding::{Finding, gigabytes};
use crate::{
    assets::Options,
    host::{gc::leftovers, state::runs_folder},
};

/// A host's etcd, logs and audit log over a run.
const STATE: u64 = 1_000_000_000;
/// All binaries, and what building them needs beside Go's own cache.
const CACHE: u64 = 1_000_000_000;

pub(super) fn check(options: &Options) -> Vec<Finding> {
    let mut findings = vec![folder("cache folder", options.cache.folder(), CACHE, "XDG_CACHE_HOME")];
    match runs_folder() {
        Err(error) => {
            findings.push(Finding::missing("state folder", error.to_string(), "set TENANTBENCH_STATE"))
        }
        Ok(runs) => {
            findings.push(folder("state folder", &runs, STATE, "TENANTBENCH_STATE"));
            findings.push(killed_runs(&runs));
        }
    }
    findings
}

/// Tries to write where the folder is, or would be made.
fn folder(check: &str, path: &Path, needed: u64, variable: &str) -> Finding {
    let existing = path.ancestors().find(|ancestor| ancestor.exists()).unwrap_or(Path::new("/"));
    if let Err(error) = tempfile::tempfile_in(existing) {
        let detail = format!("{} cannot be written: {error}", existing.display());
        return Finding::missing(check, detail, format!("set {variable} to a folder that can"));
    }
    let Ok(system) = statvfs(existing) else { return Finding::ok(check, path.display().to_string()) };
    let free = system.blocks_available() * system.fragment_size();
    let detail = format!("{} ({} free)", path.display(), gigabytes(free));
    if free < needed {
        return Finding::doubt(check, detail, format!("free {}, or set {variable}", gigabytes(needed)));
    }
    Finding::ok(check, detail)
}

fn killed_runs(runs: &Path) -> Finding {
    match leftovers(runs) {
        Ok(found) if found.is_empty() => Finding::ok("killed runs", "none left anything"),
        Ok(found) => {
            let names: Vec<_> = found.iter().map(|leftover| leftover.name.to_string()).collect();
            Finding::doubt("killed runs", format!("left files: {}", names.join(", ")), "tenantbench gc")
        }
        Err(error) => Finding::doubt("killed runs", error.to_string(), "make the folder readable"),
    }
}

#[cfg(test)]
mod tests {
    use super::{super::finding::Grade, *};

    #[test]
    fn a_folder_that_does_not_exist_yet_is_judged_by_where_it_would_be() {
        let base = tempfile::tempdir().unwrap();
        let finding = folder("state folder", &base.path().join("a/b"), 0, "X");
        assert_eq!(finding.grade, Grade::Ok, "{finding:?}");
        let finding = folder("state folder", &base.path().join("a/b"), u64::MAX, "X");
        assert_eq!(finding.grade, Grade::Doubt, "{finding:?}");
    }

    #[test]
    fn a_folder_that_cannot_be_written_is_a_miss() {
        let finding = folder("state folder", Path::new("/proc/nothing"), 0, "X");
        assert_eq!(finding.grade, Grade::Missing, "{finding:?}");
    }
}
