//! One watch from a version on, until it ends.

use std::time::{Duration, Instant};

use futures::{StreamExt, stream::BoxStream};
use kube::{
    Client,
    api::WatchParams,
    core::{Request, WatchEvent},
};

use super::{Event, Watch};
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

/// A watch that is open.
pub(super) struct Feed {
    events: BoxStream<'static, kube::Result<WatchEvent<Object>>>,
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
        let opened = tokio::time::timeout(LONGEST_CALL, client.request_events(request)).await;
        let events = opened.map_err(|_| Problem::ended("no answer in time"))?.map_err(Problem::of)?.boxed();
        Ok(Self { events, silent_since: Some(Instant::now()) })
    }

    /// The next change, after which `version` is where to go on; none at the end.
    pub(super) async fn next(&mut self, version: &mut String) -> Result<Option<Change>, Problem> {
        loop {
            let next = tokio::time::timeout(SILENT, self.events.next()).await;
            let next = next.map_err(|_| Problem::ended("nothing came in time"))?;
            let Some(event) = next.transpose().map_err(Problem::Unread)? else { return self.end() };
            self.silent_since = None;
            let change = match event {
                WatchEvent::Added(object) | WatchEvent::Modified(object) => Change::Apply(object),
                WatchEvent::Deleted(object) => Change::Delete(object),
                WatchEvent::Bookmark(mark) => {
                    *version = mark.metadata.resource_version;
                    continue;
                }
                WatchEvent::Error(status) => return Err(Problem::of(kube::Error::Api(status))),
            };
            *version = match change.object().version() {
                // To go on from nought would be to miss what was deleted.
                0 => return Err(Problem::Gone(kube::Error::Service("an object without a version".into()))),
                known => known.to_string(),
            };
            return Ok(Some(change));
        }
    }

    fn end(&self) -> Result<Option<Change>, Problem> {
        match self.silent_since {
            Some(since) if since.elapsed() < AT_ONCE => Err(Problem::ended("it ended at once")),
            _ => Ok(None),
        }
    }
}

fn request(watch: &Watch, params: &WatchParams, version: &str) -> kube::Result<http::Request<Vec<u8>>> {
    let request = Request::new(watch.kind.path(&watch.namespace, ""));
    let request = match watch.kind.is_read_by_metadata() {
        true => request.watch_metadata(params, version),
        false => request.watch(params, version),
    };
    request.map_err(kube::Error::BuildRequest)
}
