//! What the archive holds, read back with nothing of ours.

use std::{collections::BTreeMap, io::Read, process::Command};

use serde_json::Value;

use super::{program::Unfit, *};

/// A program of one segment with something behind it, as compilers lay it out.
fn elf(interpreter: bool) -> Vec<u8> {
    let mut file = vec![0_u8; 0x40 + 2 * 0x38];
    file[..6].copy_from_slice(b"\x7fELF\x02\x01");
    file[0x20] = 0x40; // program headers
    file[0x28] = 0xff; // section headers
    file[0x36] = 0x38;
    file[0x38] = 2;
    file[0x3c] = 9;
    file[0x3e] = 8;
    file[0x40] = 1;
    file[0x40 + 0x20] = 0xc0; // bytes of the first segment, from the file's beginning
    file[0x78] = if interpreter { 3 } else { 4 };
    file.resize(0xc0, b'p');
    file.extend(b"line tables");
    file
}

fn image() -> Image {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("program");
    std::fs::write(&path, elf(false)).unwrap();
    Image::of(&path, "tenantbench", REFERENCE).unwrap()
}

fn entries(archive: &[u8]) -> BTreeMap<String, Vec<u8>> {
    let mut found = BTreeMap::new();
    for entry in tar::Archive::new(archive).entries().unwrap() {
        let mut entry = entry.unwrap();
        let path = entry.path().unwrap().display().to_string();
        let mut content = Vec::new();
        entry.read_to_end(&mut content).unwrap();
        found.insert(path, content);
    }
    found
}

#[test]
fn only_what_a_segment_holds_is_kept_of_a_program() {
    let kept = program::essence(elf(false)).unwrap();
    assert_eq!(kept.len(), 0xc0);
    assert_eq!((&kept[0x28..0x30], &kept[0x3c..0x40]), ([0; 8].as_slice(), [0; 4].as_slice()));
    assert_eq!(program::essence(kept.clone()).unwrap(), kept, "once is enough");
}

#[test]
fn what_cannot_run_by_itself_is_refused_with_the_remedy() {
    assert_eq!(program::essence(elf(true)), Err(Unfit::Dynamic));
    assert_eq!(program::essence(b"#!/bin/sh".to_vec()), Err(Unfit::NotElf));
    for cut in 6..0xc0 {
        assert_eq!(program::essence(elf(false)[..cut].to_vec()), Err(Unfit::Torn), "cut at {cut}");
    }
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("script");
    std::fs::write(&path, "#!/bin/sh").unwrap();
    let line = Image::of(&path, "script", REFERENCE).err().unwrap().to_string();
    assert!(line.contains("script cannot be a container image") && !line.contains('\n'), "{line}");
}

#[test]
fn the_same_program_gives_the_same_bytes() {
    assert!(image().archive().unwrap() == image().archive().unwrap());
}

#[test]
fn every_document_leads_to_the_next_by_its_digest() {
    let image = image();
    let files = entries(&image.archive().unwrap());
    let json = |path: &str| serde_json::from_slice::<Value>(&files[path]).unwrap();
    let blob = |digest: &Value| {
        let path = format!("blobs/{}", digest.as_str().unwrap().replace(':', "/"));
        assert_eq!(Blob::new(files[&path].clone()).digest, digest.as_str().unwrap(), "{path}");
        path
    };
    assert_eq!(json("oci-layout")["imageLayoutVersion"], "1.0.0");
    let index = json("index.json");
    let entry = &index["manifests"][0];
    assert_eq!(entry["annotations"]["io.containerd.image.name"], REFERENCE);
    assert_eq!(entry["digest"], image.digest());
    let manifest = json(&blob(&entry["digest"]));
    let config = json(&blob(&manifest["config"]["digest"]));
    let layer = &manifest["layers"][0];
    assert_eq!(config["rootfs"]["diff_ids"][0], layer["digest"]);
    assert_eq!(files[&blob(&layer["digest"])].len() as u64, layer["size"].as_u64().unwrap());
    let docker = json("manifest.json");
    assert_eq!(docker[0]["Layers"][0], blob(&layer["digest"]).as_str());
    assert_eq!(docker[0]["Config"], blob(&manifest["config"]["digest"]).as_str());
}

#[test]
fn the_root_has_the_program_and_belongs_to_root_at_no_time() {
    let image = image();
    let mut found = Vec::new();
    for entry in tar::Archive::new(image.layer.bytes.as_slice()).entries().unwrap() {
        let entry = entry.unwrap();
        let header = entry.header();
        assert_eq!((header.uid().unwrap(), header.gid().unwrap(), header.mtime().unwrap()), (0, 0, 0));
        found.push((entry.path().unwrap().display().to_string(), header.mode().unwrap()));
    }
    assert!(found.contains(&(format!("{BIN}/tenantbench"), 0o755)), "{found:?}");
    assert!(found.contains(&("tmp/".to_owned(), 0o1777)), "{found:?}");
}

#[test]
fn the_archive_reads_with_the_machines_own_tar() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("image.tar");
    image().save(&path).unwrap();
    let listed = Command::new("tar").arg("-tf").arg(&path).output().unwrap();
    assert!(listed.status.success(), "{}", String::from_utf8_lossy(&listed.stderr));
    assert!(String::from_utf8_lossy(&listed.stdout).lines().any(|line| line == "index.json"));
}
