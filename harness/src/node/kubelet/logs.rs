//! `/containerLogs`: what a container prints.

use std::io;

use bytes::Bytes;
use futures::{StreamExt, stream};
use http::{HeaderValue, Response, StatusCode, header::CONTENT_TYPE};
use http_body_util::{BodyExt, StreamBody};
use hyper::body::Frame;
use jiff::{SignedDuration, Timestamp};
use tokio::sync::mpsc;

use super::{
    reply::{self, Reply},
    routes::Pairs,
};
use crate::node::{
    pod::ServedContainer,
    runtime::log::{LogOptions, read},
};

/// Chunks that wait for a slow reader.
const AHEAD: usize = 4;

pub(super) fn answer(container: &ServedContainer, query: &Pairs) -> Reply {
    let previous = value(query, "previous").is_some_and(is_true);
    let path = container.log_path(previous).filter(|path| path.exists());
    let Some(path) = path else {
        return reply::text(StatusCode::BAD_REQUEST, "there is no earlier start of this container");
    };
    let live = (!previous).then(|| container.log.clone());
    let (sender, receiver) = mpsc::channel::<io::Result<Bytes>>(AHEAD);
    tokio::spawn(read(path, live, options(query, Timestamp::now()), sender));
    let chunks = stream::unfold(receiver, async |mut receiver| Some((receiver.recv().await?, receiver)));
    let frames = chunks.map(|chunk| chunk.map(Frame::data));
    let mut reply = Response::new(BodyExt::boxed(StreamBody::new(frames)));
    reply.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static("text/plain"));
    reply
}

fn options(query: &Pairs, now: Timestamp) -> LogOptions {
    let number = |name| value(query, name).and_then(|text| text.parse::<u64>().ok());
    let ago = number("sinceSeconds").and_then(|seconds| i64::try_from(seconds).ok());
    let since = ago.and_then(|seconds| now.checked_sub(SignedDuration::from_secs(seconds)).ok());
    LogOptions {
        follow: value(query, "follow").is_some_and(is_true),
        tail: number("tailLines"),
        since: value(query, "sinceTime").and_then(|text| text.parse().ok()).or(since),
        limit: number("limitBytes"),
        timestamps: value(query, "timestamps").is_some_and(is_true),
    }
}

pub(super) fn value<'a>(query: &'a Pairs, name: &str) -> Option<&'a str> {
    query.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_str())
}

pub(super) fn is_true(text: &str) -> bool {
    matches!(text, "1" | "true")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_query_of_kubectl_is_understood() {
        let query = [("follow", "true"), ("tailLines", "5"), ("sinceSeconds", "10"), ("timestamps", "true")];
        let query = query.map(|(name, value)| (name.to_owned(), value.to_owned())).to_vec();
        let now = Timestamp::from_second(100).unwrap();
        let wanted = LogOptions {
            follow: true,
            tail: Some(5),
            since: Some(Timestamp::from_second(90).unwrap()),
            limit: None,
            timestamps: true,
        };
        assert_eq!(options(&query, now), wanted);
    }
}
