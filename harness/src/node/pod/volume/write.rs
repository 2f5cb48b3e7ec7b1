//! Puts the files of a volume in place, all at once, as a kubelet does.
//!
//! The files lie in a folder of their own, `..data` leads to it, and the volume's entries lead through `..data`: so a
//! reader sees the old files or the new ones, never some of each, and a bind mount of the volume follows.

use std::{
    collections::BTreeSet,
    fs::Permissions,
    io,
    os::unix::fs::PermissionsExt,
    path::{Path, PathBuf},
};

use fs_err::os::unix::fs::symlink;

use super::project::Files;

const DATA: &str = "..data";
const NEW_DATA: &str = "..data_tmp";

/// Makes `folder` hold these files; `version` has not been used for it before.
pub(crate) fn replace(folder: &Path, files: &Files, version: u64) -> io::Result<()> {
    fs_err::create_dir_all(folder)?;
    let own = format!("..{version}");
    for (path, file) in files {
        let target = folder.join(&own).join(path);
        fs_err::create_dir_all(target.parent().unwrap_or(folder))?;
        fs_err::write(&target, &file.bytes)?;
        fs_err::set_permissions(&target, Permissions::from_mode(file.mode & 0o777))?;
    }
    fs_err::create_dir_all(folder.join(&own))?;
    let old = fs_err::read_link(folder.join(DATA)).ok();
    symlink(&own, folder.join(NEW_DATA))?;
    fs_err::rename(folder.join(NEW_DATA), folder.join(DATA))?;
    link_entries(folder, files)?;
    if let Some(old) = old {
        fs_err::remove_dir_all(folder.join(old))?;
    }
    Ok(())
}

/// Gives each top-level name a link through [`DATA`], and takes away those that are no longer there.
fn link_entries(folder: &Path, files: &Files) -> io::Result<()> {
    let wanted: BTreeSet<&str> = files.keys().filter_map(|path| path.split('/').next()).collect();
    for entry in fs_err::read_dir(folder)? {
        let name = entry?.file_name();
        let text = name.to_string_lossy();
        if !text.starts_with("..") && !wanted.contains(&*text) {
            fs_err::remove_file(folder.join(&name))?;
        }
    }
    for name in wanted {
        let link = folder.join(name);
        if !link.is_symlink() {
            symlink(PathBuf::from(DATA).join(name), link)?;
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::node::pod::volume::project::FileOf;

    fn files(all: &[(&str, &str)]) -> Files {
        let file = |text: &str| FileOf { bytes: text.as_bytes().to_vec(), mode: 0o640 };
        all.iter().map(|(path, text)| ((*path).to_owned(), file(text))).collect()
    }

    #[test]
    fn an_update_replaces_all_files() {
        let folder = tempfile::tempdir().unwrap();
        let read = |path: &str| std::fs::read_to_string(folder.path().join(path)).ok();
        replace(folder.path(), &files(&[("a", "1"), ("d/b", "2")]), 1).unwrap();
        assert_eq!((read("a").as_deref(), read("d/b").as_deref()), (Some("1"), Some("2")));
        replace(folder.path(), &files(&[("a", "3"), ("c", "4")]), 2).unwrap();
        assert_eq!((read("a").as_deref(), read("d/b"), read("c").as_deref()), (Some("3"), None, Some("4")));
        let left = std::fs::read_dir(folder.path()).unwrap().count();
        assert_eq!(left, 4, "..data, ..2, a and c");
    }

    #[test]
    fn files_have_the_mode_that_was_asked_for() {
        let folder = tempfile::tempdir().unwrap();
        replace(folder.path(), &files(&[("a", "1")]), 1).unwrap();
        let mode = std::fs::metadata(folder.path().join("a")).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o640);
    }
}
