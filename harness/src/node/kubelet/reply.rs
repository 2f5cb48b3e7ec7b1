//! Answers of the kubelet API.

use std::io;

use bytes::Bytes;
use http::{Response, StatusCode, header::CONTENT_TYPE};
use http_body_util::{BodyExt, Full, combinators::BoxBody};

pub(super) type Body = BoxBody<Bytes, io::Error>;
pub(super) type Reply = Response<Body>;

/// One line of text.
pub(super) fn text(status: StatusCode, text: impl Into<String>) -> Reply {
    with("text/plain; charset=utf-8", status, text.into())
}

/// A JSON document.
pub(super) fn json(value: &serde_json::Value) -> Reply {
    with("application/json", StatusCode::OK, value.to_string())
}

fn with(kind: &'static str, status: StatusCode, body: String) -> Reply {
    let mut reply = Response::new(Full::from(body).map_err(|never| match never {}).boxed());
    *reply.status_mut() = status;
    reply.headers_mut().insert(CONTENT_TYPE, http::HeaderValue::from_static(kind));
    reply
}
