//! Calls to one API server. The only writer: whatever the syncer changes on either side goes through [`Cluster`].

mod error;
mod list;
#[cfg(test)]
pub(crate) mod played;

use std::time::{Duration, Instant};

use bytes::Bytes;
use http::{Request, StatusCode, header, response::Parts};
use http_body_util::BodyExt;
use kube::{Client, client::Body, core::Status};
use serde_json::{Value, json};

pub use error::WriteError;

use crate::{
    flow::{Gate, limit::Sort},
    kinds::{Kind, Side},
    metrics::{self, Call, Metrics, Outcome, Verb, turn::Waiting},
    object::Object,
    queue::TenantId,
    run::Lead,
    watch::Doors,
};

/// Who wrote a field, as the API servers note it.
pub const FIELD_MANAGER: &str = "tenantbench-syncer";

/// How long an answer may take: as long as an API server gives a webhook, and its etcd to come back. A call that was
/// given up may have been carried out; the watches tell.
pub(crate) const LONGEST_CALL: Duration = Duration::from_secs(30);

/// How long a list may take, which is as long as there are objects. A connection that is dead is found sooner.
const LONGEST_LIST: Duration = Duration::from_secs(300);

/// How long `Retry-After` is waited for. An API server asks for seconds; what stands before one, or a webhook, may ask for
/// hours, in which nothing would be done though all is well again.
const LONGEST_WAIT: Duration = Duration::from_secs(60);

const JSON: &str = "application/json";
/// Asks for nothing of an answer but the object's metadata.
pub const METADATA_ONLY: &str =
    "application/json;as=PartialObjectMetadata;g=meta.k8s.io;v=v1,application/json";

/// The form of what is sent, and the one that the answer is to have.
#[derive(Clone, Copy, Debug)]
struct Forms {
    sent: &'static str,
    answer: &'static str,
}

impl Forms {
    const WHOLE: Self = Self { sent: JSON, answer: JSON };
    /// Of an object that was deleted nobody reads more than that it was.
    const DELETION: Self = Self { sent: JSON, answer: METADATA_ONLY };

    /// Of a write. What became of an event is asked by nobody.
    fn of_write(kind: Kind, sent: &'static str) -> Self {
        let is_whole = !kind.is_read_by_metadata() && kind != Kind::Event;
        Self { sent, answer: if is_whole { JSON } else { METADATA_ONLY } }
    }
}

/// A patch's form.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PatchForm {
    /// RFC 7386.
    Merge,
    /// Kubernetes' own, which knows which lists are maps.
    Strategic,
}

impl PatchForm {
    fn content_type(self) -> &'static str {
        match self {
            Self::Merge => "application/merge-patch+json",
            Self::Strategic => "application/strategic-merge-patch+json",
        }
    }
}

/// One side's API.
#[derive(Debug)]
pub struct Cluster {
    client: Debugless,
    side: Side,
    gate: Gate,
    doors: Doors,
    tenant: TenantId,
    metrics: Metrics,
    lead: Lead,
}

/// kube's client, which cannot print itself.
struct Debugless(Client);

impl std::fmt::Debug for Debugless {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Client")
    }
}

impl Cluster {
    /// One side of a tenant, reached by `client` as far as its gate lets calls pass and its doors let lists in, and
    /// written while `lead` is held.
    pub fn new(
        side: Side,
        (client, gate, doors): (Client, Gate, Doors),
        tenant: TenantId,
        (metrics, lead): (Metrics, Lead),
    ) -> Self {
        Self { client: Debugless(client), side, gate, doors, tenant, metrics, lead }
    }

    /// Which side this is.
    pub fn side(&self) -> Side {
        self.side
    }

    /// The client, for watches.
    pub fn client(&self) -> &Client {
        &self.client.0
    }

    /// Where its calls are counted.
    pub fn metrics(&self) -> &Metrics {
        &self.metrics
    }

    /// Reads an object; none if there is none of that name.
    ///
    /// # Errors
    /// Whatever the API server or the way to it refuses.
    pub async fn get(&self, kind: Kind, namespace: &str, name: &str) -> Result<Option<Object>, WriteError> {
        match self.object(Verb::Get, &kind.path(namespace, name), Forms::WHOLE, None).await {
            Err(WriteError::Gone) => Ok(None),
            other => other.map(Some),
        }
    }

    /// Makes an object; returns it as made.
    ///
    /// # Errors
    /// [`WriteError::Exists`] where there is one of that name.
    pub async fn create(&self, kind: Kind, namespace: &str, object: &Value) -> Result<Object, WriteError> {
        self.write(kind, Verb::Create, &kind.path(namespace, ""), JSON, object).await
    }

    /// Writes an object whole; returns it as written.
    ///
    /// # Errors
    /// [`WriteError::Conflict`] where it carries a version that is not the present one.
    pub async fn replace(
        &self,
        kind: Kind,
        namespace: &str,
        name: &str,
        object: &Value,
    ) -> Result<Object, WriteError> {
        self.write(kind, Verb::Update, &kind.path(namespace, name), JSON, object).await
    }

    /// Changes an object or, with `subresource`, a part of it; returns it as changed.
    ///
    /// # Errors
    /// [`WriteError::Conflict`] where the patch carries a uid or version that is not the present one.
    pub async fn patch(
        &self,
        kind: Kind,
        (namespace, name): (&str, &str),
        subresource: &str,
        form: PatchForm,
        patch: &Value,
    ) -> Result<Object, WriteError> {
        let mut path = kind.path(namespace, name);
        if !subresource.is_empty() {
            path.push('/');
            path.push_str(subresource);
        }
        self.write(kind, Verb::Patch, &path, form.content_type(), patch).await
    }

    /// Deletes the object that has this uid. It being gone already is fine.
    ///
    /// # Errors
    /// Whatever the API server or the way to it refuses.
    pub async fn delete(
        &self,
        kind: Kind,
        (namespace, name): (&str, &str),
        uid: &str,
        grace: Option<i64>,
    ) -> Result<(), WriteError> {
        let mut options = json!({
            "apiVersion": "v1", "kind": "DeleteOptions", "propagationPolicy": "Background",
            "preconditions": { "uid": uid },
        });
        if let (Some(grace), Some(options)) = (grace, options.as_object_mut()) {
            options.insert("gracePeriodSeconds".to_owned(), json!(grace));
        }
        let body = options.to_string().into();
        let answer = self.send(Verb::Delete, &kind.path(namespace, name), Forms::DELETION, Some(body)).await;
        match answer {
            // A conflict here is another object of that name, which is not the one to delete.
            Ok(_) | Err(WriteError::Gone | WriteError::Conflict(_)) => Ok(()),
            Err(error) => Err(error),
        }
    }

    /// Posts to a subresource that answers with something other than the object, such as a binding or a token.
    ///
    /// # Errors
    /// Whatever the API server or the way to it refuses.
    pub async fn post(&self, path: &str, body: &Value) -> Result<Value, WriteError> {
        let answer = self.send(Verb::Create, path, Forms::WHOLE, Some(body.to_string().into())).await;
        serde_json::from_slice(&answer?).map_err(WriteError::Answer)
    }

    async fn write(
        &self,
        kind: Kind,
        verb: Verb,
        path: &str,
        content_type: &'static str,
        body: &Value,
    ) -> Result<Object, WriteError> {
        let asked = Instant::now();
        let forms = Forms::of_write(kind, content_type);
        let object = self.object(verb, path, forms, Some(body.to_string().into())).await?;
        self.metrics.answered(self.side, kind, object.version(), asked);
        Ok(object)
    }

    async fn object(
        &self,
        verb: Verb,
        path: &str,
        forms: Forms,
        body: Option<Bytes>,
    ) -> Result<Object, WriteError> {
        let bytes = self.send(verb, path, forms, body).await?;
        let text = std::str::from_utf8(&bytes).map_err(|_| WriteError::NotText)?;
        Object::from_text(text).map_err(WriteError::Answer)
    }

    async fn exchange(&self, request: Request<Body>) -> Result<(Parts, Bytes), WriteError> {
        let response = self.client.0.send(request).await.map_err(WriteError::unreachable)?;
        let (head, body) = response.into_parts();
        let bytes = body.collect().await.map_err(WriteError::unreachable)?.to_bytes();
        Ok((head, bytes))
    }

    /// Asks, and notes what became of it.
    async fn send(
        &self,
        verb: Verb,
        path: &str,
        forms: Forms,
        body: Option<Bytes>,
    ) -> Result<Bytes, WriteError> {
        let sent = body.as_ref().map_or(0, Bytes::len);
        let waiting = Waiting::begin(self.side, verb.changes());
        let (pass, asked) = (self.gate.pass(self.tenant).await, Instant::now());
        let answer = self.ask(verb, path, forms, body).await;
        match &answer {
            // How long a list takes says how much there is.
            Ok(_) if verb == Verb::List => drop(pass),
            Ok(_) => pass.answered(Sort { verb, resource: metrics::resource(path) }),
            Err(error) if error.is_trouble() => pass.meets_trouble(),
            // A refusal is quick, whatever else the API server has to do.
            Err(_) => drop(pass),
        }
        drop(waiting);
        let outcome = answer.as_ref().map_or_else(WriteError::outcome, |_| Outcome::Done);
        let received = answer.as_ref().map_or(0, Bytes::len);
        let took = asked.elapsed();
        self.metrics.call(&Call { side: self.side, verb, path, outcome, took, sent, received });
        if verb.changes() {
            let (side, action, outcome) = (self.side.word(), verb.word(), outcome.word());
            tracing::debug!(side, action, path, outcome, took = took.as_secs_f64(), "written");
        }
        answer
    }

    async fn ask(
        &self,
        verb: Verb,
        path: &str,
        forms: Forms,
        body: Option<Bytes>,
    ) -> Result<Bytes, WriteError> {
        let is_write = verb.changes() && verb != Verb::Delete;
        let uri = if is_write { format!("{path}?fieldManager={FIELD_MANAGER}") } else { path.to_owned() };
        let request = Request::builder()
            .method(verb.method())
            .uri(uri)
            .header(header::CONTENT_TYPE, forms.sent)
            .header(header::ACCEPT, forms.answer)
            .body(body.map_or_else(Body::empty, Body::from))
            .map_err(WriteError::request)?;
        let longest = match verb {
            Verb::List => LONGEST_LIST,
            verb if verb.changes() => LONGEST_CALL.min(self.lead.left().ok_or(WriteError::NotLeading)?),
            _ => LONGEST_CALL,
        };
        let (head, bytes) = tokio::time::timeout(longest, self.exchange(request))
            .await
            .map_err(|_| WriteError::Silent { seconds: longest.as_secs() })??;
        if head.status.is_success() {
            return Ok(bytes);
        }
        let status = serde_json::from_slice::<Status>(&bytes).unwrap_or_else(|_| {
            Status::failure(&String::from_utf8_lossy(&bytes), "Unreadable").with_code(head.status.as_u16())
        });
        let asked: Option<u64> =
            head.headers.get(header::RETRY_AFTER).and_then(|value| value.to_str().ok()?.parse().ok());
        let wait = asked.map(|seconds| seconds.min(LONGEST_WAIT.as_secs()));
        Err(match head.status {
            StatusCode::NOT_FOUND => WriteError::Gone,
            StatusCode::CONFLICT if status.reason == "AlreadyExists" => WriteError::Exists,
            StatusCode::CONFLICT => WriteError::Conflict(status.boxed()),
            StatusCode::TOO_MANY_REQUESTS => WriteError::Throttled { seconds: wait.unwrap_or(1) },
            code => match wait {
                // What an API server that ends, or whose store is silent, answers; not that it is wrong.
                Some(seconds) if code.is_server_error() => WriteError::Throttled { seconds },
                _ => WriteError::Refused(status.boxed()),
            },
        })
    }
}
