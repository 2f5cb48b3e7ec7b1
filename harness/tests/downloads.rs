//! Downloads from a server on this machine: the right file, a wrong one, none, half of one.

#![expect(clippy::unwrap_used, reason = "a panic is how a test fails")]

use std::{path::Path, sync::Arc};

use axum::{
    Router,
    body::Body,
    extract::{Path as Segments, State},
    response::{IntoResponse, Response},
};
use http::StatusCode;
use sha2::{Digest, Sha256};
use tenantbench::assets::{AssetError, Binary, Cache, Options, Releases, Silent, Source, install, locate};

/// A program that says what kubectl says.
const KUBECTL: &str = "#!/bin/sh\necho 'Client Version: v1.36.3'\n";
const ETCD: &str = "#!/bin/sh\necho 'etcd Version: 3.6.16'\n";

/// How the server misbehaves.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Fault {
    None,
    WrongChecksum,
    Missing,
    Truncated,
    /// Whole, with the right checksum, and of another version.
    OtherVersion,
}

async fn serve(fault: Fault) -> String {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let app = Router::new().route("/{*path}", axum::routing::get(file)).with_state(fault);
    tokio::spawn(async move { axum::serve(listener, app).await.unwrap() });
    format!("http://{address}")
}

async fn file(State(fault): State<Fault>, Segments(path): Segments<String>) -> Response {
    let content = content(fault, &path);
    let wanted = if path.ends_with(".sha256") || path.ends_with("SHA256SUMS") { "checksum" } else { "file" };
    match (fault, wanted) {
        (Fault::Missing, _) => StatusCode::NOT_FOUND.into_response(),
        (Fault::WrongChecksum, "checksum") => "0".repeat(64).into_response(),
        (_, "checksum") => checksum(&path, &content).into_response(),
        (Fault::Truncated, _) => {
            let half = content[..content.len() / 2].to_vec();
            let chunks = [Ok(half), Err(std::io::Error::other("cable cut"))];
            let body = Body::from_stream(futures::stream::iter(chunks));
            ([("content-length", content.len().to_string())], body).into_response()
        }
        _ => content.into_response(),
    }
}

fn content(fault: Fault, path: &str) -> Vec<u8> {
    if path.contains("etcd") || path.ends_with("SHA256SUMS") {
        return tarball();
    }
    let text =
        if fault == Fault::OtherVersion { KUBECTL.replace("1.36.3", "1.30.0") } else { KUBECTL.to_owned() };
    text.into_bytes()
}

fn checksum(path: &str, content: &[u8]) -> String {
    let digest: String = Sha256::digest(content).iter().map(|byte| format!("{byte:02x}")).collect();
    let names =
        ["amd64", "arm64"].map(|platform| format!("{digest}  etcd-v3.6.16-linux-{platform}.tar.gz\n"));
    if path.ends_with("SHA256SUMS") { names.concat() } else { digest }
}

fn tarball() -> Vec<u8> {
    let mut archive =
        tar::Builder::new(flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast()));
    for platform in ["amd64", "arm64"] {
        let mut header = tar::Header::new_gnu();
        header.set_size(ETCD.len() as u64);
        header.set_mode(0o755);
        let name = format!("etcd-v3.6.16-linux-{platform}/etcd");
        archive.append_data(&mut header, name, ETCD.as_bytes()).unwrap();
    }
    archive.into_inner().unwrap().finish().unwrap()
}

async fn installed(folder: &Path, server: &str, binary: Binary) -> Result<Options, AssetError> {
    // A second call would fail, and one is enough for all tests.
    drop(rustls::crypto::ring::default_provider().install_default());
    let releases =
        Releases { kubernetes: server.to_owned(), etcd: server.to_owned(), kind: server.to_owned() };
    let options =
        Options { folders: Vec::new(), cache: Cache::under(folder), releases: Some(releases), build: false };
    install(&options, &[binary], false, Arc::new(Silent)).await.map(|()| options)
}

async fn refusal(fault: Fault) -> (AssetError, tempfile::TempDir) {
    let folder = tempfile::tempdir().unwrap();
    let server = serve(fault).await;
    let error = installed(folder.path(), &server, Binary::Kubectl).await.unwrap_err();
    (error, folder)
}

fn is_empty(folder: &Path) -> bool {
    let cache = Cache::under(folder);
    let mut files = std::fs::read_dir(cache.folder()).unwrap();
    files.all(|file| file.unwrap().file_name() == ".lock")
}

#[tokio::test]
async fn a_file_with_the_published_checksum_is_installed_and_runs() {
    let folder = tempfile::tempdir().unwrap();
    let options = installed(folder.path(), &serve(Fault::None).await, Binary::Kubectl).await.unwrap();
    let found = locate(&options, Binary::Kubectl).await.unwrap().unwrap();
    assert_eq!((found.source, found.version), (Source::Download, Binary::Kubectl.pinned()));
    let output = std::process::Command::new(found.path).output().unwrap();
    assert!(output.status.success());
}

#[tokio::test]
async fn etcd_is_taken_out_of_its_archive() {
    let folder = tempfile::tempdir().unwrap();
    let options = installed(folder.path(), &serve(Fault::None).await, Binary::Etcd).await.unwrap();
    let found = locate(&options, Binary::Etcd).await.unwrap().unwrap();
    assert_eq!(std::fs::read_to_string(found.path).unwrap(), ETCD);
}

#[tokio::test]
async fn a_file_with_another_checksum_is_refused_and_not_kept() {
    let (error, folder) = refusal(Fault::WrongChecksum).await;
    assert!(matches!(error, AssetError::Checksum { .. }), "{error}");
    assert!(error.to_string().contains(&"0".repeat(64)), "{error}");
    assert!(is_empty(folder.path()));
}

#[tokio::test]
async fn a_file_that_is_not_published_is_passed_over_with_the_servers_answer() {
    let (error, folder) = refusal(Fault::Missing).await;
    assert!(matches!(error, AssetError::Nowhere { .. }), "{error}");
    assert!(error.to_string().contains("404"), "{error}");
    assert!(error.to_string().contains("--assets DIR"), "{error}");
    assert!(is_empty(folder.path()));
}

#[tokio::test]
async fn half_a_file_is_not_installed() {
    let (error, folder) = refusal(Fault::Truncated).await;
    assert!(matches!(error, AssetError::Nowhere { .. }), "{error}");
    assert!(is_empty(folder.path()));
}

#[tokio::test]
async fn a_program_of_another_version_is_not_installed() {
    let (error, folder) = refusal(Fault::OtherVersion).await;
    assert!(matches!(error, AssetError::WrongVersion { .. }), "{error}");
    assert!(is_empty(folder.path()));
}

#[tokio::test]
async fn where_there_is_no_server_one_is_not_waited_for_long() {
    let folder = tempfile::tempdir().unwrap();
    // A listener that never accepts, with a full queue, would be needed to see the time-out itself.
    let begun = std::time::Instant::now();
    let error = installed(folder.path(), "http://127.0.0.1:1", Binary::Kubectl).await.unwrap_err();
    assert!(matches!(error, AssetError::Nowhere { .. }), "{error}");
    assert!(begun.elapsed() < std::time::Duration::from_secs(5));
}

#[tokio::test]
async fn two_who_want_the_same_do_the_work_once() {
    let folder = tempfile::tempdir().unwrap();
    let server = serve(Fault::None).await;
    let (first, second) = tokio::join!(
        installed(folder.path(), &server, Binary::Kubectl),
        installed(folder.path(), &server, Binary::Kubectl),
    );
    let record = first.unwrap().cache.get(Binary::Kubectl).unwrap().unwrap();
    assert_eq!(second.unwrap().cache.get(Binary::Kubectl).unwrap().unwrap(), record);
}
