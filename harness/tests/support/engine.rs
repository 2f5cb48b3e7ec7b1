//! The machine's Docker engine, and images of ours in it.

#![allow(dead_code, reason = "each test file uses its part")]

use std::{
    io::Write,
    path::Path,
    process::{Command, Output, Stdio},
};

use tenantbench::image::Image;

pub(crate) fn docker(arguments: &[&str]) -> Output {
    Command::new("docker").args(arguments).stdin(Stdio::null()).output().unwrap()
}

pub(crate) fn said(output: &Output) -> String {
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8_lossy(&output.stdout).trim().to_owned()
}

/// Whether there is a container engine; says why where there is none.
pub(crate) fn engine() -> bool {
    let asked = Command::new("docker").args(["info", "--format", "{{.ServerVersion}}"]).output();
    let there = asked.is_ok_and(|output| output.status.success());
    if !there {
        eprintln!("skipped: no Docker engine answers (`docker info` says why)");
    }
    there
}

/// An image in the engine, gone with this value.
pub(crate) struct Loaded {
    pub(crate) name: String,
    pub(crate) tag: String,
}

impl Loaded {
    pub(crate) fn of(program: &Path, name: &str) -> (Self, Image) {
        let loaded = Self { name: format!("tenantbench.test/{name}"), tag: std::process::id().to_string() };
        let image = Image::of(program, name, &loaded.reference()).unwrap();
        let mut load = Command::new("docker").arg("load").stdin(Stdio::piped()).spawn().unwrap();
        load.stdin.take().unwrap().write_all(&image.archive().unwrap()).unwrap();
        assert!(load.wait().unwrap().success());
        (loaded, image)
    }

    pub(crate) fn reference(&self) -> String {
        format!("{}:{}", self.name, self.tag)
    }
}

impl Drop for Loaded {
    fn drop(&mut self) {
        docker(&["rmi", "--force", &self.reference()]);
    }
}
