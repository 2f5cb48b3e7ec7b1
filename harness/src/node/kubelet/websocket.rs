//! The WebSocket handshake and the channels that Kubernetes carries in one.

use base64::{Engine, engine::general_purpose::STANDARD};
use bytes::Bytes;
use http::{
    HeaderMap, HeaderValue, Response, StatusCode,
    header::{CONNECTION, SEC_WEBSOCKET_ACCEPT, SEC_WEBSOCKET_KEY, SEC_WEBSOCKET_PROTOCOL, UPGRADE},
};
use http_body_util::{BodyExt, Empty};
use tokio_tungstenite::tungstenite::handshake::derive_accept_key;

use super::reply::Reply;

/// The versions that are spoken, the best first. They differ only in how the end of input is told.
pub(super) const VERSIONS: &[&str] = &["v5.channel.k8s.io", "v4.channel.k8s.io"];

/// The version in which ports are forwarded.
pub(super) const PORT_VERSIONS: &[&str] = &["v4.channel.k8s.io"];

/// The channel of a message: its first byte.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub(super) enum Channel {
    Input = 0,
    Output = 1,
    Errors = 2,
    Status = 3,
    Resize = 4,
    /// Version 5: closes the channel that it names.
    Close = 255,
}

impl Channel {
    /// Takes a message apart; none if it is empty or of no known channel.
    pub(super) fn split(message: &[u8]) -> Option<(Self, &[u8])> {
        let (first, rest) = message.split_first()?;
        let all = [Self::Input, Self::Output, Self::Errors, Self::Status, Self::Resize, Self::Close];
        let channel = all.into_iter().find(|channel| *channel as u8 == *first)?;
        Some((channel, rest))
    }

    /// A message of this channel.
    pub(super) fn message(self, bytes: &[u8]) -> Bytes {
        let mut message = Vec::with_capacity(bytes.len() + 1);
        message.push(self as u8);
        message.extend_from_slice(bytes);
        message.into()
    }
}

/// True if a request wants to become a WebSocket.
pub(super) fn is_wanted(headers: &HeaderMap) -> bool {
    let upgrade = headers.get(UPGRADE).and_then(|value| value.to_str().ok());
    upgrade.is_some_and(|value| value.eq_ignore_ascii_case("websocket"))
}

/// The answer that turns a connection into a WebSocket of the first of `versions` that is offered; none if no version or
/// key fits.
pub(super) fn accept(headers: &HeaderMap, versions: &[&'static str]) -> Option<Reply> {
    let offered = headers.get_all(SEC_WEBSOCKET_PROTOCOL).iter().filter_map(|value| value.to_str().ok());
    let offered: Vec<_> = offered.flat_map(|value| value.split(',')).map(str::trim).collect();
    let version = versions.iter().find(|version| offered.contains(version))?;
    let key = headers.get(SEC_WEBSOCKET_KEY)?.as_bytes();
    STANDARD.decode(key).ok()?;
    let mut reply = Response::new(Empty::new().map_err(|never| match never {}).boxed());
    *reply.status_mut() = StatusCode::SWITCHING_PROTOCOLS;
    let headers = reply.headers_mut();
    headers.insert(CONNECTION, HeaderValue::from_static("Upgrade"));
    headers.insert(UPGRADE, HeaderValue::from_static("websocket"));
    headers.insert(SEC_WEBSOCKET_PROTOCOL, HeaderValue::from_static(version));
    headers.insert(SEC_WEBSOCKET_ACCEPT, HeaderValue::from_str(&derive_accept_key(key)).ok()?);
    Some(reply)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn offer(protocols: &'static str) -> Option<String> {
        let mut headers = HeaderMap::new();
        headers.insert(SEC_WEBSOCKET_KEY, HeaderValue::from_static("dGhlIHNhbXBsZSBub25jZQ=="));
        headers.insert(SEC_WEBSOCKET_PROTOCOL, HeaderValue::from_static(protocols));
        let reply = accept(&headers, VERSIONS)?;
        assert_eq!(reply.headers()[SEC_WEBSOCKET_ACCEPT], "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=");
        Some(reply.headers()[SEC_WEBSOCKET_PROTOCOL].to_str().unwrap().to_owned())
    }

    #[test]
    fn the_best_offered_version_is_taken() {
        assert_eq!(offer("v4.channel.k8s.io, v5.channel.k8s.io").as_deref(), Some("v5.channel.k8s.io"));
        assert_eq!(offer("v4.channel.k8s.io").as_deref(), Some("v4.channel.k8s.io"));
        assert_eq!(offer("base64.channel.k8s.io"), None);
    }

    #[test]
    fn a_message_names_its_channel() {
        assert_eq!(Channel::split(&[0, b'x']), Some((Channel::Input, &b"x"[..])));
        assert_eq!(Channel::split(&[255, 0]), Some((Channel::Close, &[0][..])));
        assert_eq!(Channel::split(&[9]), None);
        assert_eq!(&Channel::Output.message(b"hi")[..], b"\x01hi");
    }
}
