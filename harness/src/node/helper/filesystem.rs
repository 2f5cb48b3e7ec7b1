//! A container's root: a fresh tmpfs with the machine's programs and libraries, and the pod's volumes.

use std::{
    fs::{self, File, create_dir_all},
    os::unix::fs::symlink,
    path::{Component, Path, PathBuf},
};

use nix::{
    mount::{MntFlags, MsFlags, mount, umount2},
    sys::statvfs::{FsFlags, statvfs},
    unistd::{fchdir, pivot_root},
};

use super::{
    HelperError, Step,
    layout::{Bind, ContainerPlace, IMAGE_BIN},
};

/// What programs of this machine need to run, as far as it exists.
const SHARED: &[&str] = &["usr", "bin", "sbin", "lib", "lib32", "lib64", "libx32", "nix", "gnu"];
/// Kernel interfaces.
const KERNEL: &[&str] = &["proc", "dev", "sys"];
/// The parts of `/etc` that programs and libraries read; the machine's others are not shown.
const ETC: &[&str] = &[
    "ca-certificates",
    "group",
    "ld.so.cache",
    "ld.so.conf",
    "ld.so.conf.d",
    "alternatives",
    "localtime",
    "nsswitch.conf",
    "os-release",
    "passwd",
    "pki",
    "ssl",
];
/// Folders that are there for the container to write to.
const OWN: &[&str] = &["tmp", "run", "root", "home", "var/log", "var/lib", "var/cache", "etc"];

pub(super) fn build(place: &ContainerPlace) -> Result<(), HelperError> {
    let root = &place.root;
    mount(None::<&str>, "/", None::<&str>, MsFlags::MS_PRIVATE | MsFlags::MS_REC, None::<&str>)
        .step("keep mounts private")?;
    mount(Some("tmpfs"), root, Some("tmpfs"), MsFlags::MS_NOSUID | MsFlags::MS_NODEV, Some("mode=755"))
        .step("mount a new root")?;
    for folder in OWN {
        make_folder(&root.join(folder))?;
    }
    symlink("../run", root.join("var/run")).step("link /var/run")?;
    symlink("../tmp", root.join("var/tmp")).step("link /var/tmp")?;
    for name in SHARED {
        share(name, root)?;
    }
    for name in KERNEL {
        bind(&Path::new("/").join(name), &root.join(name), false)?;
    }
    etc(place)?;
    let program = Path::new(IMAGE_BIN).join(&place.program_name);
    bind(&place.program, &inside(root, &program)?, true)?;
    for Bind { source, target, read_only } in &place.mounts {
        bind(source, &inside(root, target)?, *read_only)?;
    }
    change_root(root)
}

fn share(name: &str, root: &Path) -> Result<(), HelperError> {
    let source = Path::new("/").join(name);
    let Ok(kind) = fs::symlink_metadata(&source) else { return Ok(()) };
    if !kind.is_symlink() {
        return bind(&source, &root.join(name), true);
    }
    let link = fs::read_link(&source).step(format!("read {}", source.display()))?;
    // Relative, so that it leads into the new root while that is still being built.
    symlink(link.strip_prefix("/").unwrap_or(&link), root.join(name)).step(format!("link /{name}"))
}

fn etc(place: &ContainerPlace) -> Result<(), HelperError> {
    let own = place.root.join("etc");
    for name in ETC {
        // The links of /etc lead all over the machine; what they lead to is what is wanted.
        if let Ok(source) = fs::canonicalize(Path::new("/etc").join(name)) {
            bind(&source, &own.join(name), true)?;
        }
    }
    fs::write(own.join("hosts"), &place.hosts).step("write /etc/hosts")?;
    fs::write(own.join("resolv.conf"), "").step("write /etc/resolv.conf")
}

/// `path` of the container under the new root; `..` would lead out of it.
fn inside(root: &Path, path: &Path) -> Result<PathBuf, HelperError> {
    let mut under = root.to_path_buf();
    for part in path.components() {
        match part {
            Component::Normal(name) => under.push(name),
            Component::RootDir | Component::CurDir => {}
            Component::ParentDir | Component::Prefix(_) => {
                return Err(HelperError::Refused(format!("mount path {} leads upwards", path.display())));
            }
        }
    }
    Ok(under)
}

fn bind(source: &Path, target: &Path, read_only: bool) -> Result<(), HelperError> {
    let what = || format!("mount {} on {}", source.display(), target.display());
    if fs::metadata(source).step(what())?.is_dir() {
        make_folder(target)?;
    } else {
        make_folder(target.parent().unwrap_or(target))?;
        if !target.exists() {
            File::create(target).step(what())?;
        }
    }
    // A tree with mounts that this user may not take apart can only be bound as a whole.
    mount(Some(source), target, None::<&str>, MsFlags::MS_BIND | MsFlags::MS_REC, None::<&str>)
        .step(what())?;
    if read_only {
        let flags = MsFlags::MS_REMOUNT | MsFlags::MS_BIND | MsFlags::MS_RDONLY | locked(target)?;
        mount(None::<&str>, target, None::<&str>, flags, None::<&str>).step(what())?;
    }
    Ok(())
}

/// Flags that a mount already has: in a user namespace they may not be taken away.
fn locked(target: &Path) -> Result<MsFlags, HelperError> {
    let have = statvfs(target).step(format!("look at {}", target.display()))?.flags();
    let table = [
        (FsFlags::ST_NOSUID, MsFlags::MS_NOSUID),
        (FsFlags::ST_NODEV, MsFlags::MS_NODEV),
        (FsFlags::ST_NOEXEC, MsFlags::MS_NOEXEC),
        (FsFlags::ST_NOATIME, MsFlags::MS_NOATIME),
        (FsFlags::ST_NODIRATIME, MsFlags::MS_NODIRATIME),
        (FsFlags::ST_RELATIME, MsFlags::MS_RELATIME),
    ];
    Ok(table.into_iter().filter(|(has, _)| have.contains(*has)).map(|(_, flag)| flag).collect())
}

fn make_folder(path: &Path) -> Result<(), HelperError> {
    create_dir_all(path).step(format!("make {}", path.display()))
}

/// Makes `root` the root and lets go of the old one, which lies underneath it for a moment.
fn change_root(root: &Path) -> Result<(), HelperError> {
    let old = File::open("/").step("open the old root")?;
    let new = File::open(root).step("open the new root")?;
    fchdir(&new).step("enter the new root")?;
    pivot_root(".", ".").step("change the root")?;
    fchdir(&old).step("enter the old root")?;
    umount2(".", MntFlags::MNT_DETACH).step("let go of the old root")?;
    std::env::set_current_dir("/").step("enter the new root")
}
