//! Where runs keep their files on this machine.

use std::{env, path::PathBuf};

/// Neither of the variables that say where state belongs is set.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "no folder for run state: none of TENANTBENCH_STATE, XDG_STATE_HOME and HOME is set to an absolute path; set TENANTBENCH_STATE"
)]
pub struct NoStateFolder;

/// The folder under which each run has one of its own: `$TENANTBENCH_STATE/runs`, else
/// `$XDG_STATE_HOME/tenantbench/runs`, else `~/.local/state/tenantbench/runs`.
///
/// # Errors
/// When none of the variables is set.
pub fn runs_folder() -> Result<PathBuf, NoStateFolder> {
    state_folder(|name| env::var_os(name).map(PathBuf::from)).map(|folder| folder.join("runs"))
}

/// The folder under which each way into a virtual cluster has one of its own, beside that of the runs.
///
/// # Errors
/// When none of the variables is set.
pub fn forwards_folder() -> Result<PathBuf, NoStateFolder> {
    state_folder(|name| env::var_os(name).map(PathBuf::from)).map(|folder| folder.join("forwards"))
}

fn state_folder(variable: impl Fn(&str) -> Option<PathBuf>) -> Result<PathBuf, NoStateFolder> {
    // The XDG specification says that relative paths are to be ignored.
    let absolute = |name| variable(name).filter(|path| path.is_absolute());
    absolute("TENANTBENCH_STATE")
        .or_else(|| absolute("XDG_STATE_HOME").map(|base| base.join("tenantbench")))
        .or_else(|| absolute("HOME").map(|home| home.join(".local/state/tenantbench")))
        .ok_or(NoStateFolder)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn with(set: &[(&str, &str)]) -> Result<PathBuf, NoStateFolder> {
        state_folder(|name| set.iter().find(|(key, _)| *key == name).map(|(_, value)| value.into()))
    }

    #[test]
    fn the_nearest_variable_wins() {
        let all = [("TENANTBENCH_STATE", "/t"), ("XDG_STATE_HOME", "/x"), ("HOME", "/h")];
        assert_eq!(with(&all).unwrap(), PathBuf::from("/t"));
        assert_eq!(with(&all[1..]).unwrap(), PathBuf::from("/x/tenantbench"));
        assert_eq!(with(&all[2..]).unwrap(), PathBuf::from("/h/.local/state/tenantbench"));
        assert_eq!(with(&[]), Err(NoStateFolder));
    }

    #[test]
    fn a_relative_folder_is_ignored() {
        assert_eq!(
            with(&[("XDG_STATE_HOME", "x"), ("HOME", "/h")]).unwrap(),
            PathBuf::from("/h/.local/state/tenantbench")
        );
    }
}
