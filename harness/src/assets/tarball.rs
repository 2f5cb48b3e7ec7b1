//! From a downloaded file to a program.

use std::{
    io,
    path::{Path, PathBuf},
};

use flate2::read::GzDecoder;

/// What a downloaded file is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Unpack {
    /// The program itself.
    Plain,
    /// A gzipped tar file that holds it under this name.
    Member(PathBuf),
}

/// Makes the program's file from a downloaded one, which is removed.
pub(super) fn unpack(downloaded: &Path, to: &Path, how: &Unpack) -> io::Result<()> {
    match how {
        Unpack::Plain => fs_err::rename(downloaded, to),
        Unpack::Member(name) => {
            extract(downloaded, name, to)?;
            fs_err::remove_file(downloaded)
        }
    }
}

fn extract(archive: &Path, name: &Path, to: &Path) -> io::Result<()> {
    let mut archive = tar::Archive::new(GzDecoder::new(fs_err::File::open(archive)?));
    for entry in archive.entries()? {
        let mut entry = entry?;
        if entry.path()? == name {
            io::copy(&mut entry, &mut fs_err::File::create(to)?)?;
            return Ok(());
        }
    }
    Err(io::Error::new(io::ErrorKind::NotFound, format!("{} is not in the archive", name.display())))
}
