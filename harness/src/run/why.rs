//! Why a round failed: the warnings that its namespace holds, before the clean-up takes them away.

use std::{collections::BTreeSet, time::Duration};

use k8s_openapi::api::core::v1::Event;
use kube::{Api, Client, api::ListParams};

use super::recorder::RoundRecorder;

/// Warnings to show at most.
const MOST: usize = 5;

/// A server that is itself the trouble must not hold up the clean-up.
const LIMIT: Duration = Duration::from_secs(3);

/// Notes the warnings of a namespace, each once.
pub(super) async fn note_warnings(record: &RoundRecorder<'_>, client: Client, namespace: &str) {
    let events: Api<Event> = Api::namespaced(client, namespace);
    let params = ListParams::default().fields("type=Warning");
    let Ok(Ok(found)) = tokio::time::timeout(LIMIT, events.list(&params)).await else { return };
    let lines: BTreeSet<String> = found.items.iter().filter_map(line).collect();
    for line in lines.into_iter().take(MOST) {
        record.run.note(format!("{} round {}: {line}", record.model, record.round));
    }
}

fn line(event: &Event) -> Option<String> {
    let object = &event.involved_object;
    let (kind, name) = (object.kind.as_deref()?, object.name.as_deref()?);
    Some(format!("{kind} {name}: {}: {}", event.reason.as_deref()?, event.message.as_deref()?))
}
