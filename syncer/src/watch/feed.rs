//! One watch from a version on, until it ends.

use std::{
    error::Error,
    io,
    time::{Duration, Instant},
};

use futures::AsyncBufReadExt;
use kube::{Client, api::WatchParams, core::Request};

use super::{Event, Text, Watch, line::Line};
use crate::{object::Object, write::LONGEST_CALL};

/// How long a watch is asked for, in seconds.
const LASTS: u32 = 290;
/// An API server that has not ended it then is not there any more.
const SILENT: Duration = Duration::from_secs(LASTS as u64 + 5);

/// One change, as a watch shows it.
#[derive(Clone, Debug)]
pub(super) enum Change {
    /// It is so now.
    Apply(Object),
    /// It is gone, or not selected any more.
    Delete(Object),
}

impl Change {
    pub(super) fn object(&self) -> &Object {
        match self {
            Self::Apply(object) | Self::Delete(object) => object,
        }
    }
}

impl From<Change> for Event {
    fn from(change: Change) -> Self {
        match change {
            Change::Apply(object) => Self::Apply(object),
            Change::Delete(object) => Self::Delete(object),
        }
    }
}

/// A watch that ends before, with nothing in it, was none: something between answers for an API server that is away.
const AT_ONCE: Duration = Duration::from_secs(1);

/// Room for a line that is kept for the next one: most pods' lines are shorter.
const KEPT: usize = 16 * 1024;

/// A watch that is open.
pub(super) struct Feed {
    text: Text,
    /// What has come of a line.
    line: Vec<u8>,
    /// When it was opened, as long as nothing has come.
    silent_since: Option<Instant>,
}

/// What is wrong with a watch.
#[derive(Debug)]
pub(super) enum Problem {
    /// The API server does not know any more what has changed since.
    Gone(kube::Error),
    /// It can be opened again where it was.
    Ended(kube::Error),
    /// One answer could not be read. The end follows where it is the connection's.
    Unread(kube::Error),
}

impl Problem {
    fn ended(how: &str) -> Self {
        Self::Ended(kube::Error::Service(how.into()))
    }

    fn of(error: kube::Error) -> Self {
        match error {
            kube::Error::Api(status) if status.code == 410 => Self::Gone(kube::Error::Api(status)),
            error => Self::Ended(error),
        }
    }
}

impl Feed {
    /// Asks for what changes after `version`.
    pub(super) async fn open(watch: &Watch, client: Client, version: &str) -> Result<Self, Problem> {
        let params = WatchParams {
            label_selector: watch.selection.labels(),
            timeout: Some(LASTS),
            bookmarks: true,
            ..WatchParams::default()
        };
        let request = request(watch, &params, version).map_err(Problem::Ended)?;
        let opened = tokio::time::timeout(LONGEST_CALL, client.request_stream(request)).await;
        let text = opened.map_err(|_| Problem::ended("no answer in time"))?.map_err(Problem::of)?;
        Ok(Self { text: Box::pin(text), line: Vec::new(), silent_since: Some(Instant::now()) })
    }

    /// The next change, after which `version` is where to go on; none at the end.
    pub(super) async fn next(&mut self, version: &mut String) -> Result<Option<Change>, Problem> {
        loop {
            let next = tokio::time::timeout(SILENT, self.line()).await;
            let next = next.map_err(|_| Problem::ended("nothing came in time"))?;
            let Some(line) = next.map_err(Problem::Unread)? else { return self.end() };
            self.silent_since = None;
            let change = match line {
                Line::Change(change) => change,
                Line::Mark(mark) => {
                    *version = mark.to_string();
                    continue;
                }
                Line::Trouble(status) => return Err(Problem::of(kube::Error::Api(status))),
            };
            *version = match change.object().version() {
                // To go on from nought would be to miss what was deleted.
                0 => return Err(Problem::Gone(kube::Error::Service("an object without a version".into()))),
                known => known.to_string(),
            };
            return Ok(Some(change));
        }
    }

    /// The next line; none at the end, and where the connection was cut off, which happens to long watches.
    async fn line(&mut self) -> kube::Result<Option<Line>> {
        // What has come stays where the wait for the rest is given up.
        match self.text.read_until(b'\n', &mut self.line).await {
            Ok(_) if self.line.is_empty() => return Ok(None),
            Ok(_) => {}
            Err(error) if is_cut_off(&error) => return Ok(None),
            Err(error) => return Err(kube::Error::ReadEvents(error)),
        }
        let read = Line::read(&self.line);
        self.line.clear();
        self.line.shrink_to(KEPT);
        match read {
            Ok(line) => Ok(Some(line)),
            Err(error) if error.is_eof() => Ok(None),
            Err(error) => Err(kube::Error::SerdeError(error)),
        }
    }

    fn end(&self) -> Result<Option<Change>, Problem> {
        match self.silent_since {
            Some(since) if since.elapsed() < AT_ONCE => Err(Problem::ended("it ended at once")),
            _ => Ok(None),
        }
    }
}

/// Whether the other side has gone without a word. TLS says so deep within other errors.
fn is_cut_off(error: &(dyn Error + 'static)) -> bool {
    let of_system = error.downcast_ref::<io::Error>();
    // Its own source is that of what it holds.
    let held = of_system.and_then(io::Error::get_ref).map(|held| held as &(dyn Error + 'static));
    of_system.is_some_and(|error| error.kind() == io::ErrorKind::UnexpectedEof)
        || held.or_else(|| error.source()).is_some_and(is_cut_off)
}

fn request(watch: &Watch, params: &WatchParams, version: &str) -> kube::Result<http::Request<Vec<u8>>> {
    let request = Request::new(watch.kind.path(&watch.namespace, ""));
    let request = match watch.kind.is_read_by_metadata() {
        true => request.watch_metadata(params, version),
        false => request.watch(params, version),
    };
    request.map_err(kube::Error::BuildRequest)
}

#[cfg(test)]
mod tests {
    use std::convert::Infallible;

    use bytes::Bytes;
    use futures::stream;
    use http::Response;
    use http_body_util::StreamBody;
    use hyper::body::Frame;
    use kube::client::Body;
    use serde_json::json;

    use super::*;
    use crate::{
        kinds::{Kind, Side},
        watch::Selection,
    };

    /// A watch that comes in these pieces and then ends with an error.
    async fn feed(pieces: Vec<Bytes>, end: fn() -> io::Error) -> Feed {
        let service = tower::service_fn(move |_: http::Request<Body>| {
            let pieces: Vec<_> = pieces.iter().cloned().map(|piece| Ok(Frame::data(piece))).collect();
            let body = StreamBody::new(stream::iter(pieces.into_iter().chain([Err(end())])));
            async { Ok::<_, Infallible>(Response::new(body)) }
        });
        let watch = Watch {
            side: Side::Host,
            kind: Kind::Pod,
            namespace: "ns".to_owned(),
            selection: Selection::All,
        };
        Feed::open(&watch, Client::new(service, "ns"), "1").await.expect("is opened")
    }

    fn line(version: u64, name: &str) -> String {
        let object = json!({"metadata": {"name": name, "uid": "u", "resourceVersion": version.to_string()}});
        format!("{{\"type\":\"ADDED\",\"object\":{object}}}\n")
    }

    #[tokio::test]
    async fn lines_are_whole_however_they_come_and_a_connection_that_is_cut_off_ends_the_watch() {
        let text = line(2, "a") + &line(3, &"b".repeat(2 * KEPT)) + &line(4, "c")[..20];
        for size in [1, 7, text.len()] {
            let pieces = text.as_bytes().chunks(size).map(Bytes::copy_from_slice).collect();
            let cut_off =
                || io::Error::other(io::Error::new(io::ErrorKind::UnexpectedEof, "no close_notify"));
            let mut feed = feed(pieces, cut_off).await;
            let mut version = "1".to_owned();
            for (expected, length) in [("2", 1), ("3", 2 * KEPT)] {
                let change = feed.next(&mut version).await.expect("is read").expect("a change");
                assert_eq!((version.as_str(), change.object().name().len()), (expected, length));
            }
            assert!(feed.next(&mut version).await.expect("no error").is_none());
            assert_eq!(version, "3");
        }
    }

    #[tokio::test]
    async fn another_end_of_the_connection_is_told() {
        let mut feed = feed(vec![line(2, "a").into()], || io::ErrorKind::ConnectionReset.into()).await;
        let mut version = "1".to_owned();
        assert!(feed.next(&mut version).await.expect("is read").is_some());
        assert!(matches!(feed.next(&mut version).await, Err(Problem::Unread(_))));
        assert!(feed.next(&mut version).await.expect("no error").is_none());
    }
}
