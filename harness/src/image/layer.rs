//! The image's root filesystem as a tar file that depends on the program alone.

use std::io;

use tar::{Builder, EntryType, Header};

/// The C library looks names up in DNS alone where no file says otherwise, and a kubelet writes pods' own names into
/// `/etc/hosts`.
const NSSWITCH: &str = "hosts: files dns\n";

/// Folders, each after the one that it lies in. Programs expect a /tmp that anybody may write to.
const FOLDERS: [(&str, u32); 5] =
    [("etc/", 0o755), ("tmp/", 0o1777), ("usr/", 0o755), ("usr/local/", 0o755), ("usr/local/bin/", 0o755)];

pub(super) fn layer(place: &str, program: &[u8]) -> io::Result<Vec<u8>> {
    let mut tar = Builder::new(Vec::with_capacity(program.len() + (1 << 14)));
    for (path, mode) in FOLDERS {
        append(&mut tar, EntryType::Directory, path, mode, &[])?;
    }
    append(&mut tar, EntryType::Regular, "etc/nsswitch.conf", 0o644, NSSWITCH.as_bytes())?;
    append(&mut tar, EntryType::Regular, place, 0o755, program)?;
    tar.into_inner()
}

/// Owner, group and time are always zero.
pub(super) fn append<W: io::Write>(
    tar: &mut Builder<W>,
    kind: EntryType,
    path: &str,
    mode: u32,
    content: &[u8],
) -> io::Result<()> {
    let mut header = Header::new_ustar();
    header.set_entry_type(kind);
    header.set_mode(mode);
    header.set_uid(0);
    header.set_gid(0);
    header.set_mtime(0);
    header.set_size(content.len() as u64);
    tar.append_data(&mut header, path, content)
}
