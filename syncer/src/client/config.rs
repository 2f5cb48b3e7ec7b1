//! Where a client's address and credentials come from.

use std::path::Path;

use base64::{Engine, engine::general_purpose::STANDARD};
use kube::{
    Config,
    config::{AuthInfo, KubeConfigOptions, Kubeconfig},
};
use rustls_pki_types::{CertificateDer, pem::PemObject};

use super::ClientError;

/// The folder in which every pod finds its own credentials.
const SERVICE_ACCOUNT: &str = "var/run/secrets/kubernetes.io/serviceaccount";

/// Reads the current context of a kubeconfig file.
///
/// # Errors
/// A file that cannot be read or used.
pub async fn from_file(path: &Path) -> Result<Config, ClientError> {
    let kubeconfig = Kubeconfig::read_from(path).map_err(|source| ClientError::Kubeconfig {
        place: path.display().to_string(),
        source: Box::new(source),
    })?;
    load(kubeconfig, &path.display().to_string()).await
}

/// Takes the current context of a kubeconfig in memory.
///
/// # Errors
/// One that lacks what its context names.
pub async fn from_kubeconfig(kubeconfig: Kubeconfig) -> Result<Config, ClientError> {
    load(kubeconfig, "in memory").await
}

async fn load(kubeconfig: Kubeconfig, place: &str) -> Result<Config, ClientError> {
    Config::from_custom_kubeconfig(kubeconfig, &KubeConfigOptions::default())
        .await
        .map_err(|source| ClientError::Kubeconfig { place: place.to_owned(), source: Box::new(source) })
}

/// A pod's own credentials, below `root`: `/`, or the folder that stands for it where pods share the machine's files.
///
/// The token is read again as it is renewed.
///
/// # Errors
/// Not in a pod, or a pod without a service account token.
pub fn in_cluster(root: &Path) -> Result<Config, ClientError> {
    let folder = root.join(SERVICE_ACCOUNT);
    let mut config = Config::new(address(&variable("HOST")?, &variable("PORT")?)?);
    config.default_namespace = in_cluster_namespace(root)?;
    config.root_cert = Some(certificates(&folder.join("ca.crt"))?);
    let token = folder.join("token");
    read(&token)?;
    config.auth_info =
        AuthInfo { token_file: Some(token.to_string_lossy().into_owned()), ..AuthInfo::default() };
    Ok(config)
}

/// The namespace that the pod below `root` runs in.
///
/// # Errors
/// Not in a pod.
pub fn in_cluster_namespace(root: &Path) -> Result<String, ClientError> {
    let text = read(&root.join(SERVICE_ACCOUNT).join("namespace"))?;
    Ok(String::from_utf8_lossy(&text).trim().to_owned())
}

/// The certificate authorities of an API server, in PEM.
#[must_use]
pub fn authority(config: &Config) -> String {
    const LINE: usize = 64;
    let mut pem = String::new();
    for certificate in config.root_cert.iter().flatten() {
        pem.push_str("-----BEGIN CERTIFICATE-----\n");
        let text = STANDARD.encode(certificate);
        for line in text.as_bytes().chunks(LINE) {
            pem.push_str(&String::from_utf8_lossy(line));
            pem.push('\n');
        }
        pem.push_str("-----END CERTIFICATE-----\n");
    }
    pem
}

fn variable(part: &str) -> Result<String, ClientError> {
    let name = format!("KUBERNETES_SERVICE_{part}");
    std::env::var(&name).map_err(|error| ClientError::PodEnvironment { reason: format!("{name}: {error}") })
}

fn address(host: &str, port: &str) -> Result<http::Uri, ClientError> {
    let host = if host.contains(':') { format!("[{host}]") } else { host.to_owned() };
    format!("https://{host}:{port}")
        .parse()
        .map_err(|error| ClientError::PodEnvironment { reason: format!("{host}:{port}: {error}") })
}

fn certificates(path: &Path) -> Result<Vec<Vec<u8>>, ClientError> {
    let wrong = |reason: String| ClientError::Certificate { path: path.to_owned(), reason };
    let ders = CertificateDer::pem_slice_iter(&read(path)?)
        .map(|der| der.map(|der| der.to_vec()))
        .collect::<Result<Vec<_>, _>>()
        .map_err(|error| wrong(error.to_string()))?;
    if ders.is_empty() { Err(wrong("it is empty".to_owned())) } else { Ok(ders) }
}

fn read(path: &Path) -> Result<Vec<u8>, ClientError> {
    fs_err::read(path).map_err(|source| ClientError::PodFile { path: path.to_owned(), source })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_ipv6_service_host_is_bracketed() {
        let uri = address("fd00::1", "443").expect("address");
        assert_eq!(uri.host(), Some("[fd00::1]"));
        assert_eq!(uri.port_u16(), Some(443));
    }

    #[test]
    fn a_folder_without_a_token_names_the_file_that_is_missing() {
        let folder = tempfile::tempdir().expect("temp dir");
        let error = in_cluster_namespace(folder.path()).expect_err("no namespace file");
        assert!(error.to_string().contains("serviceaccount/namespace"), "{error}");
    }
}
