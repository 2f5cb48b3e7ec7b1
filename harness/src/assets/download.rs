//! The official releases, checked against their published checksums.

use std::{
    env,
    path::{Path, PathBuf},
    time::Duration,
};

use reqwest::Client;
use sha2::{Digest, Sha256};
use tokio::io::AsyncWriteExt;

use super::{
    AssetError, Binary, Progress, Step, cache,
    recipe::recipe,
    tarball::{self, Unpack},
    versions,
};
use crate::refusal;

/// How long a server may take to accept a connection. Where there is no network, this is what a user waits.
const CONNECT: Duration = Duration::from_secs(4);
/// How long a server may be silent while it sends.
const SILENCE: Duration = Duration::from_secs(20);

/// Where releases are; mirrors keep the paths of the original.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Releases {
    /// What comes before `/release/v1.2.3/bin/linux/amd64/kubectl`.
    pub kubernetes: String,
    /// What comes before `/v1.2.3/etcd-v1.2.3-linux-amd64.tar.gz`.
    pub etcd: String,
    /// What comes before `/v1.2.3/kind-linux-amd64`.
    pub kind: String,
}

/// A download that did not succeed.
#[derive(Debug)]
pub(super) enum Refused {
    /// The source does not have it, or cannot be reached: try the next.
    Unavailable(String),
    /// It must not be used, or the machine cannot take it: stop.
    Fatal(AssetError),
}

impl Releases {
    /// The official servers, or those that `TENANTBENCH_KUBERNETES_URL`, `TENANTBENCH_ETCD_URL` and
    /// `TENANTBENCH_KIND_URL` name.
    pub fn from_env() -> Self {
        let or = |name: &str, default: &str| {
            let set = env::var(name).ok().filter(|value| !value.is_empty());
            set.unwrap_or_else(|| default.to_owned()).trim_end_matches('/').to_owned()
        };
        Self {
            kubernetes: or("TENANTBENCH_KUBERNETES_URL", "https://dl.k8s.io"),
            etcd: or("TENANTBENCH_ETCD_URL", "https://github.com/etcd-io/etcd/releases/download"),
            kind: or("TENANTBENCH_KIND_URL", "https://github.com/kubernetes-sigs/kind/releases/download"),
        }
    }

    /// The server that has a binary. None for what goes into a node image alone, for who can download it can pull kind's
    /// own image, and for helm, which only tests ask for.
    pub(super) fn server_of(&self, binary: Binary) -> Option<&String> {
        match binary {
            Binary::Etcd => Some(&self.etcd),
            Binary::Kind => Some(&self.kind),
            _ if recipe(binary).module.staged => Some(&self.kubernetes),
            _ => None,
        }
    }

    fn release_of(&self, binary: Binary) -> Option<Release> {
        let platform = platform()?;
        Some(match binary {
            Binary::Etcd => {
                let version = versions::ETCD;
                let folder = format!("{}/v{version}", self.etcd);
                let stem = format!("etcd-v{version}-linux-{platform}");
                let file = format!("{stem}.tar.gz");
                Release {
                    url: format!("{folder}/{file}"),
                    checksums: format!("{folder}/SHA256SUMS"),
                    unpack: Unpack::Member(format!("{stem}/etcd").into()),
                    file,
                }
            }
            Binary::Kind => {
                let file = format!("kind-linux-{platform}");
                let url = format!("{}/v{}/{file}", self.kind, versions::KIND);
                Release { checksums: format!("{url}.sha256sum"), url, unpack: Unpack::Plain, file }
            }
            _ => {
                let server = self.server_of(binary)?;
                let folder = format!("{server}/release/v{}/bin/linux/{platform}", versions::KUBERNETES);
                Release {
                    url: format!("{folder}/{binary}"),
                    checksums: format!("{folder}/{binary}.sha256"),
                    unpack: Unpack::Plain,
                    file: binary.name().to_owned(),
                }
            }
        })
    }
}

/// One file of a release.
#[derive(Debug, PartialEq, Eq)]
struct Release {
    url: String,
    checksums: String,
    file: String,
    unpack: Unpack,
}

fn platform() -> Option<&'static str> {
    match env::consts::ARCH {
        "x86_64" => Some("amd64"),
        "aarch64" => Some("arm64"),
        _ => None,
    }
}

/// Downloads a binary into `folder` and returns its file, which has the published checksum.
pub(super) async fn download(
    releases: &Releases,
    binary: Binary,
    folder: &Path,
    progress: &dyn Progress,
) -> Result<PathBuf, Refused> {
    let unavailable = |reason: String| Refused::Unavailable(format!("download of {binary}: {reason}"));
    let release = releases
        .release_of(binary)
        .ok_or_else(|| unavailable(format!("nothing is published for {}", env::consts::ARCH)))?;
    let client = Client::builder()
        .connect_timeout(CONNECT)
        .read_timeout(SILENCE)
        .build()
        .map_err(|error| unavailable(no_https(&error)))?;
    let wanted = published(&client, &release).await.map_err(unavailable)?;
    let fetched = folder.join("download");
    let found = fetch(&client, &release, binary, &fetched, progress).await?;
    if found != wanted {
        return Err(Refused::Fatal(AssetError::Checksum { binary, url: release.url, found, wanted }));
    }
    let staged = folder.join(binary.name());
    let unpacked = tarball::unpack(&fetched, &staged, &release.unpack);
    unpacked.map_err(|error| Refused::Fatal(AssetError::Cache(error)))?;
    Ok(staged)
}

/// The program is linked statically and brings no authorities along: it trusts those that the system does.
fn no_https(error: &reqwest::Error) -> String {
    format!("no HTTPS here ({}), install your system's ca-certificates", reason(error))
}

/// The checksum that is published for a file: either alone in its file, or on a line with the file's name.
async fn published(client: &Client, release: &Release) -> Result<String, String> {
    let response = client.get(&release.checksums).send().await.and_then(reqwest::Response::error_for_status);
    let text = async { response?.text().await }.await.map_err(|error| reason(&error))?;
    checksum_in(&text, &release.file).ok_or_else(|| format!("{} has no checksum of it", release.checksums))
}

fn checksum_in(text: &str, file: &str) -> Option<String> {
    text.lines().find_map(|line| {
        let mut words = line.split_whitespace();
        let digest =
            words.next().filter(|word| word.len() == 64 && word.chars().all(|c| c.is_ascii_hexdigit()))?;
        let names_it = words.next().is_none_or(|name| name.trim_start_matches('*') == file);
        names_it.then(|| digest.to_ascii_lowercase())
    })
}

/// Writes the body to a file and returns its digest.
async fn fetch(
    client: &Client,
    release: &Release,
    binary: Binary,
    to: &Path,
    progress: &dyn Progress,
) -> Result<String, Refused> {
    let unavailable =
        |error: reqwest::Error| Refused::Unavailable(format!("download of {binary}: {}", reason(&error)));
    let full = |error| Refused::Fatal(AssetError::Cache(error));
    let response = client.get(&release.url).send().await.and_then(reqwest::Response::error_for_status);
    let mut response = response.map_err(unavailable)?;
    let total = response.content_length();
    let mut file = fs_err::tokio::File::create(to).await.map_err(full)?;
    let mut digest = Sha256::new();
    let mut done = 0;
    while let Some(chunk) = response.chunk().await.map_err(unavailable)? {
        digest.update(&chunk);
        file.write_all(&chunk).await.map_err(full)?;
        done += chunk.len() as u64;
        progress.step(&Step::Downloading { binary, done, total });
    }
    file.flush().await.map_err(full)?;
    Ok(cache::hex(&digest.finalize()))
}

/// The innermost cause: the outer ones only say that a request failed.
fn reason(error: &reqwest::Error) -> String {
    if error.is_timeout() && error.is_connect() {
        return format!("no connection within {} s", CONNECT.as_secs());
    }
    refusal::innermost(error)
}

#[cfg(test)]
mod tests {
    use super::*;

    const DIGEST: &str = "BA7816BF8F01CFEA414140DE5DAE2223B00361A396177A9CB410FF61F20015AD";

    #[test]
    fn a_checksum_is_alone_or_beside_the_name_of_its_file() {
        let lower = DIGEST.to_ascii_lowercase();
        assert_eq!(checksum_in(DIGEST, "kubectl"), Some(lower.clone()));
        let list = format!("{}  other.tar.gz\n{DIGEST}  mine.tar.gz\n", "0".repeat(64));
        assert_eq!(checksum_in(&list, "mine.tar.gz"), Some(lower));
        assert_eq!(checksum_in(&list, "absent.tar.gz"), None);
        assert_eq!(checksum_in("<html>not found</html>", "kubectl"), None);
    }

    #[test]
    fn the_addresses_are_those_of_the_official_releases() {
        let releases =
            Releases { kubernetes: "https://k".into(), etcd: "https://e".into(), kind: "https://d".into() };
        let Some(platform) = platform() else { return };
        let kubectl = releases.release_of(Binary::Kubectl).unwrap();
        assert_eq!(kubectl.url, format!("https://k/release/v1.36.3/bin/linux/{platform}/kubectl"));
        let etcd = releases.release_of(Binary::Etcd).unwrap();
        assert_eq!(etcd.url, format!("https://e/v3.6.16/etcd-v3.6.16-linux-{platform}.tar.gz"));
        assert_eq!(etcd.checksums, "https://e/v3.6.16/SHA256SUMS");
        let kind = releases.release_of(Binary::Kind).unwrap();
        assert_eq!(kind.checksums, format!("https://d/v0.33.0/kind-linux-{platform}.sha256sum"));
        assert_eq!(releases.release_of(Binary::Ctr), None);
    }
}
