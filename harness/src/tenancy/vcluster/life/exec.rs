//! Commands of ours in the plane's pod: in the syncer's container, which has our program.

use k8s_openapi::api::core::v1::Pod;
use kube::{Api, api::AttachParams};
use tokio::io::AsyncReadExt;

use crate::tenancy::{TenancyError, vcluster::PlaneNames};

const CONTAINER: &str = "syncer";

/// Runs a command to its end and returns what it printed.
pub(super) async fn run(
    pods: &Api<Pod>,
    names: &PlaneNames,
    command: Vec<String>,
) -> Result<Vec<u8>, TenancyError> {
    let pod = names.pod();
    let attach = AttachParams::default().container(CONTAINER).stdin(false).stdout(true).stderr(true);
    let mut process =
        pods.exec(&pod, command, &attach).await.map_err(TenancyError::call("run a command in", &pod))?;
    let (mut output, mut errors) = (Vec::new(), Vec::new());
    let (stdout, stderr, status) = (process.stdout(), process.stderr(), process.take_status());
    let read = async {
        if let Some(mut stdout) = stdout {
            stdout.read_to_end(&mut output).await?;
        }
        Ok::<_, std::io::Error>(())
    };
    let listen = async {
        if let Some(mut stderr) = stderr {
            stderr.read_to_end(&mut errors).await?;
        }
        Ok::<_, std::io::Error>(())
    };
    let carried = tokio::try_join!(read, listen);
    let status = match status {
        Some(status) => status.await,
        None => None,
    };
    let words = String::from_utf8_lossy(&errors).lines().last().unwrap_or_default().to_owned();
    let failed = |reason: String| TenancyError::Step { pod: pod.clone(), reason };
    carried.map_err(|error| failed(error.to_string()))?;
    match status {
        Some(status) if status.status.as_deref() == Some("Success") => Ok(output),
        Some(status) if words.is_empty() => Err(failed(status.message.unwrap_or_default())),
        Some(_) => Err(failed(words)),
        None => Err(failed("the connection broke before the command ended".into())),
    }
}
