//! Objects of one kind that a test double keeps, and whose changes its watches tell.

use std::{collections::BTreeMap, convert::Infallible, sync::Arc};

use bytes::Bytes;
use http::{Response, StatusCode};
use http_body_util::{StreamBody, combinators::UnsyncBoxBody};
use hyper::body::Frame;
use parking_lot::Mutex;
use serde_json::{Value, json};
use tokio::sync::watch;

use crate::{
    double::{list, said},
    merged::merge,
    support::played_server::Answer,
};

/// Clones are the same.
#[derive(Clone)]
pub(crate) struct Kept(Arc<Inner>);

struct Inner {
    objects: Mutex<Objects>,
    /// The newest version.
    newest: watch::Sender<u64>,
}

#[derive(Default)]
pub(crate) struct Objects {
    version: u64,
    /// By name; all are of one namespace, or of none.
    present: BTreeMap<String, Value>,
    /// Events, by the version that each made.
    events: Vec<(u64, Bytes)>,
}

impl Default for Kept {
    fn default() -> Self {
        Self(Arc::new(Inner { objects: Mutex::default(), newest: watch::Sender::new(0) }))
    }
}

impl Kept {
    pub(crate) fn look<T>(&self, f: impl FnOnce(&BTreeMap<String, Value>) -> T) -> T {
        f(&self.0.objects.lock().present)
    }

    pub(crate) fn change<T>(&self, f: impl FnOnce(&mut Objects) -> T) -> T {
        let mut objects = self.0.objects.lock();
        let result = f(&mut objects);
        let version = objects.version;
        drop(objects);
        self.0.newest.send_replace(version);
        result
    }

    /// Returns when this is so.
    pub(crate) async fn until(&self, is_so: impl Fn(&BTreeMap<String, Value>) -> bool) {
        let mut newest = self.0.newest.subscribe();
        drop(newest.wait_for(|_| self.look(&is_so)).await.expect("it is there"));
    }

    /// A list of these, as of now.
    pub(crate) fn listed(&self, items: &[Value]) -> Answer {
        let mut all = list(items);
        all["metadata"]["resourceVersion"] = json!(self.0.objects.lock().version.to_string());
        said(StatusCode::OK, &all)
    }

    /// A list of all, or a watch of them, as the query says.
    pub(crate) fn read(&self, query: &str) -> Answer {
        if query.contains("watch=") {
            return self.watched(query);
        }
        let all: Vec<Value> = self.look(|present| present.values().cloned().collect());
        self.listed(&all)
    }

    pub(crate) fn get(&self, name: &str) -> Answer {
        self.look(|present| present.get(name).map_or_else(missing, |object| said(StatusCode::OK, object)))
    }

    /// Merges a patch into an object.
    pub(crate) fn patch(&self, name: &str, patch: &Value) -> Answer {
        self.change(|objects| {
            let Some(mut object) = objects.present.get(name).cloned() else { return missing() };
            merge(&mut object, patch);
            said(StatusCode::OK, objects.store("MODIFIED", name, object))
        })
    }

    pub(crate) fn delete(&self, name: &str) -> Answer {
        self.change(|objects| match objects.present.remove(name) {
            Some(mut object) => {
                objects.tell("DELETED", &mut object);
                said(StatusCode::OK, &object)
            }
            None => missing(),
        })
    }

    /// What has come since the version that the query names, and what comes.
    fn watched(&self, query: &str) -> Answer {
        let since = query.split('&').find_map(|part| part.strip_prefix("resourceVersion="));
        let since: u64 = since.and_then(|version| version.parse().ok()).unwrap_or_default();
        let at = self.0.objects.lock().events.partition_point(|(version, _)| *version <= since);
        let events = futures::stream::unfold((self.clone(), at), |(kept, at)| async move {
            let mut newest = kept.0.newest.subscribe();
            let is_there = newest.wait_for(|_| kept.0.objects.lock().events.len() > at);
            drop(is_there.await.ok()?);
            let (_, event) = kept.0.objects.lock().events[at].clone();
            Some((Ok::<_, Infallible>(Frame::data(event)), (kept, at + 1)))
        });
        Response::new(UnsyncBoxBody::new(StreamBody::new(events)))
    }
}

impl Objects {
    /// Keeps an object as it is now, with a version of its own, and tells of it.
    pub(crate) fn store(&mut self, event: &str, name: &str, mut object: Value) -> &Value {
        self.tell(event, &mut object);
        let place = self.present.entry(name.to_owned()).or_default();
        *place = object;
        place
    }

    /// Keeps a new object, with a uid of its own.
    pub(crate) fn make(&mut self, name: &str, mut object: Value) -> &Value {
        object["metadata"]["uid"] = json!(format!("{name}-{}", self.version));
        object["metadata"]["creationTimestamp"] = json!("2026-01-01T00:00:00Z");
        self.store("ADDED", name, object)
    }

    /// Changes all of them.
    pub(crate) fn modify_all(&mut self, f: impl Fn(&mut Value)) {
        for (name, mut object) in self.present.clone() {
            f(&mut object);
            self.store("MODIFIED", &name, object);
        }
    }

    fn tell(&mut self, event: &str, object: &mut Value) {
        self.version += 1;
        object["metadata"]["resourceVersion"] = json!(self.version.to_string());
        // In this order: who reads it wants to know the type first.
        let line = format!("{{\"type\":\"{event}\",\"object\":{object}}}\n");
        self.events.push((self.version, line.into()));
    }
}

pub(crate) fn missing() -> Answer {
    let status =
        json!({"kind": "Status", "status": "Failure", "reason": "NotFound", "code": 404, "message": ""});
    said(StatusCode::NOT_FOUND, &status)
}
