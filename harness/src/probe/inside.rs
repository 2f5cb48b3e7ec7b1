//! Runs a program of ours in a container of a tenant, through the tenant's own API, and reads what it prints.

use std::time::Duration;

use k8s_openapi::{api::core::v1::Pod, apimachinery::pkg::apis::meta::v1::Status};
use kube::{
    Api,
    api::{AttachParams, AttachedProcess},
};
use serde::de::DeserializeOwned;
use tokio::io::AsyncReadExt;

/// A program in a container that did not do what it should.
#[derive(Debug, thiserror::Error)]
pub enum InsideError {
    /// The API, or the kubelet behind it, refused or broke the call.
    #[error("exec failed: {0}")]
    Exec(#[from] kube::Error),
    /// The streams broke.
    #[error("its output was cut off: {0}")]
    Stream(#[from] std::io::Error),
    /// It did not end in time.
    #[error("it did not end within {} s", .0.as_secs())]
    Late(Duration),
    /// It ended with an error.
    #[error("it failed: {0}")]
    Failed(String),
    /// It printed something else than it should.
    #[error("it printed {text:?}: {source}")]
    Output {
        /// What it printed.
        text: String,
        /// What is wrong with it.
        source: serde_json::Error,
    },
}

/// Runs `tenantbench internal …` in a pod and reads the JSON that it prints.
///
/// # Errors
/// [`InsideError`] where it could not be run, failed, or printed something else.
pub async fn ask<T: DeserializeOwned>(
    pods: &Api<Pod>,
    pod: &str,
    program: &[&str],
    limit: Duration,
) -> Result<T, InsideError> {
    let text = run(pods, pod, program, limit).await?;
    serde_json::from_str(&text).map_err(|source| InsideError::Output { text, source })
}

/// Runs `tenantbench internal …` in a pod and returns what it prints.
///
/// # Errors
/// [`InsideError`] where it could not be run, or failed.
pub async fn run(
    pods: &Api<Pod>,
    pod: &str,
    program: &[&str],
    limit: Duration,
) -> Result<String, InsideError> {
    let command: Vec<&str> = ["tenantbench", "internal"].iter().chain(program).copied().collect();
    let params = AttachParams::default().stdin(false).stdout(true).stderr(true);
    let whole = async { output(pods.exec(pod, command, &params).await?).await };
    tokio::time::timeout(limit, whole).await.unwrap_or(Err(InsideError::Late(limit)))
}

async fn output(mut process: AttachedProcess) -> Result<String, InsideError> {
    let (mut text, mut complaint) = (String::new(), String::new());
    let (out, err, status) = (process.stdout(), process.stderr(), process.take_status());
    let read_out = async {
        match out {
            Some(mut out) => out.read_to_string(&mut text).await,
            None => Ok(0),
        }
    };
    let read_err = async {
        match err {
            Some(mut err) => err.read_to_string(&mut complaint).await,
            None => Ok(0),
        }
    };
    tokio::try_join!(read_out, read_err)?;
    let status = match status {
        Some(status) => status.await,
        None => None,
    };
    match status.as_ref().and_then(|status| status.status.as_deref()) {
        Some("Success") => Ok(text),
        _ => Err(InsideError::Failed(failure(status, &complaint))),
    }
}

fn failure(status: Option<Status>, complaint: &str) -> String {
    let said = complaint.lines().last().map(str::to_owned);
    let status = status.and_then(|status| status.message);
    let words: Vec<String> = [status, said].into_iter().flatten().collect();
    if words.is_empty() { "no reason given".to_owned() } else { words.join("; ") }
}
