//! One pod's way: made on the host with its token, bound, its status told, and its end.

use std::sync::Arc;

use serde_json::Value;
use tenantbench_syncer::object::{Field, Object};
use tokio::sync::mpsc::UnboundedReceiver;

use super::calls::{CallError, Calls};

/// What of the host's pod is read.
const READ: [Field<'_>; 2] = [Field::Of("spec", &[Field::Whole("nodeName")]), Field::Whole("status")];

/// What a pod's task hears.
pub(super) enum News {
    /// The host's pod, as it is now.
    Host(Box<Object>),
    /// The tenant has deleted it.
    Unwanted,
    /// The host's is gone.
    Gone,
}

/// Follows one pod to its end. What fails for good is said, and the burst misses the pod.
pub(super) async fn run(calls: Arc<Calls>, pod: Object, news: UnboundedReceiver<News>) {
    if let Err(error) = live(&calls, &pod, news).await {
        eprintln!("pod {}: {error}", pod.name());
    }
}

async fn live(calls: &Calls, pod: &Object, mut news: UnboundedReceiver<News>) -> Result<(), CallError> {
    tokio::try_join!(calls.make(pod), calls.provide_token(pod))?;
    let (mut is_bound, mut is_ending) = (false, false);
    let mut told = Value::Null;
    while let Some(heard) = news.recv().await {
        match heard {
            News::Host(host) => {
                let host = host.part(&READ);
                if let Some(node) = host["spec"]["nodeName"].as_str().filter(|_| !is_bound) {
                    calls.bind(pod, node).await?;
                    is_bound = true;
                }
                let status = &host["status"];
                // Being bound says all that a status without containers says.
                if status["containerStatuses"].is_array() && *status != told {
                    calls.tell(pod, status).await?;
                    told = status.clone();
                }
            }
            // A pod that is being deleted changes once more for each status that it is told.
            News::Unwanted if is_ending => {}
            News::Unwanted => {
                calls.end_on_host(pod).await?;
                is_ending = true;
            }
            News::Gone => {
                calls.end_in_tenant(pod).await?;
                return calls.drop_token(pod).await;
            }
        }
    }
    Ok(())
}
