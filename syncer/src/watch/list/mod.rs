//! A list, object by object as it comes.
//!
//! It is asked for in one piece: API servers answer that from memory, and each further page from etcd, which costs them and
//! the start half as much again (docs/performance.md).

mod items;

use std::pin::Pin;

use futures::{AsyncBufRead, AsyncBufReadExt};
use kube::{
    Client,
    api::ListParams,
    core::{ListMeta, Request},
};

use self::items::{Items, Part};
use super::Watch;
use crate::{object::Object, write::LONGEST_CALL};

/// What comes next of a list.
pub(super) enum Listed {
    /// One of its objects.
    Object(Object),
    /// That was all, as of this version: changes after it are new.
    Whole(u64),
}

/// A list that is being read.
pub(super) struct List {
    text: Pin<Box<dyn AsyncBufRead + Send>>,
    items: Items,
    version: Option<u64>,
}

impl List {
    /// Asks for what a watch is about.
    pub(super) async fn open(client: &Client, watch: &Watch) -> kube::Result<Self> {
        let params = ListParams { label_selector: watch.selection.labels(), ..ListParams::default() };
        let request = Request::new(watch.api(client.clone()).resource_url());
        let request = request.list(&params).map_err(kube::Error::BuildRequest)?;
        let text = in_time(client.request_stream(request)).await??;
        Ok(Self { text: Box::pin(text), items: Items::default(), version: None })
    }

    /// Its next object, or its end.
    pub(super) async fn next(&mut self) -> kube::Result<Listed> {
        loop {
            let text = in_time(self.text.fill_buf()).await?.map_err(kube::Error::ReadEvents)?;
            if text.is_empty() {
                return self.end();
            }
            let (read, part) = self.items.read(text);
            self.text.as_mut().consume(read);
            match part {
                Some(Part::Object) => return self.object().map(Listed::Object),
                Some(Part::Metadata) => {
                    let metadata = serde_json::from_slice(self.items.held());
                    let metadata: ListMeta = metadata.map_err(kube::Error::SerdeError)?;
                    if metadata.continue_.is_some_and(|token| !token.is_empty()) {
                        return Err(wrong("a part of a list that was asked for as a whole"));
                    }
                    self.version = metadata.resource_version.and_then(|version| version.parse().ok());
                }
                None => {}
            }
        }
    }

    fn end(&self) -> kube::Result<Listed> {
        if !self.items.is_whole() {
            return Err(wrong("a list that is cut short"));
        }
        self.version.map(Listed::Whole).ok_or_else(|| wrong("a list without a version"))
    }

    fn object(&self) -> kube::Result<Object> {
        let text =
            std::str::from_utf8(self.items.held()).map_err(|error| kube::Error::Service(error.into()))?;
        Object::from_text(text).map_err(kube::Error::SerdeError)
    }
}

async fn in_time<T>(call: impl Future<Output = T>) -> kube::Result<T> {
    tokio::time::timeout(LONGEST_CALL, call).await.map_err(|_| wrong("no answer in time"))
}

fn wrong(problem: &str) -> kube::Error {
    kube::Error::Service(problem.into())
}
