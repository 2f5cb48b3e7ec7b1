//! One watch from a version on, until it ends.

use std::time::Duration;

use futures::{StreamExt, stream::BoxStream};
use kube::{Api, api::WatchParams, core::WatchEvent};

use super::Selection;
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

/// A watch that is open.
pub(super) struct Feed(BoxStream<'static, kube::Result<WatchEvent<Object>>>);

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
    fn of(error: kube::Error) -> Self {
        match error {
            kube::Error::Api(status) if status.code == 410 => Self::Gone(kube::Error::Api(status)),
            error => Self::Ended(error),
        }
    }
}

impl Feed {
    /// Asks for what changes after `version`.
    pub(super) async fn open(
        api: Api<Object>,
        selection: &Selection,
        version: &str,
    ) -> Result<Self, Problem> {
        let params = WatchParams {
            label_selector: selection.labels(),
            timeout: Some(LASTS),
            bookmarks: true,
            ..WatchParams::default()
        };
        let opened = tokio::time::timeout(LONGEST_CALL, api.watch(&params, version)).await;
        let late = |_| Problem::Ended(kube::Error::Service("no answer in time".into()));
        Ok(Self(opened.map_err(late)?.map_err(Problem::of)?.boxed()))
    }

    /// The next change, after which `version` is where to go on; none at the end.
    pub(super) async fn next(&mut self, version: &mut String) -> Result<Option<Change>, Problem> {
        loop {
            let late = |_| Problem::Ended(kube::Error::Service("nothing came in time".into()));
            let next = tokio::time::timeout(SILENT, self.0.next()).await.map_err(late)?;
            let Some(event) = next.transpose().map_err(Problem::Unread)? else { return Ok(None) };
            let change = match event {
                WatchEvent::Added(object) | WatchEvent::Modified(object) => Change::Apply(object),
                WatchEvent::Deleted(object) => Change::Delete(object),
                WatchEvent::Bookmark(mark) => {
                    *version = mark.metadata.resource_version;
                    continue;
                }
                WatchEvent::Error(status) => return Err(Problem::of(kube::Error::Api(status))),
            };
            *version = change.object().version().to_string();
            return Ok(Some(change));
        }
    }
}
