//! What the endpoint says itself.

use http::{Response, StatusCode, header};
use http_body_util::{BodyExt, Full, combinators::UnsyncBoxBody};
use hyper::body::Bytes;
use serde_json::Value;

/// An answer, the endpoint's own or the host's as it comes.
pub(super) type Answer = Response<UnsyncBoxBody<Bytes, kube::Error>>;

/// A line of text.
pub(super) fn say(status: StatusCode, text: impl Into<Bytes>) -> Answer {
    whole(status, "text/plain", text.into())
}

/// A document.
pub(super) fn tell(document: &Value) -> Answer {
    whole(StatusCode::OK, "application/json", document.to_string().into())
}

/// A body that is there as a whole.
fn whole(status: StatusCode, content_type: &'static str, body: Bytes) -> Answer {
    flowing(status, content_type, Full::new(body).map_err(|never| match never {}).boxed_unsync())
}

/// A body that comes bit by bit.
pub(super) fn flowing(
    status: StatusCode,
    content_type: &'static str,
    body: UnsyncBoxBody<Bytes, kube::Error>,
) -> Answer {
    let mut answer = Response::new(body);
    *answer.status_mut() = status;
    answer.headers_mut().insert(header::CONTENT_TYPE, header::HeaderValue::from_static(content_type));
    answer
}
