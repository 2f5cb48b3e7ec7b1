//! Lists, object by object as they come.
//!
//! A list is asked for in one piece: API servers answer that from memory, and each further page from etcd, which costs them
//! and the start half as much again (docs/design/speed.md). They give an answer no more than a minute, though, so after a
//! list that broke off the next is asked for in pages: that way a slow reader comes to an end.

mod items;
mod page;

use std::{pin::Pin, time::Duration};

use futures::AsyncBufRead;
use kube::{Client, api::ListParams, core::Request};

use self::page::Page;
use super::Watch;
use crate::object::Object;

/// How long nothing of a list may come: as long as an API server takes for the whole of it, where nobody has set that.
const SILENT: Duration = Duration::from_secs(60);
/// Objects of a page, where a list is asked for in pages; as many as in those of other clients.
const PAGE: u32 = 500;

/// An answer that comes.
type Text = Pin<Box<dyn AsyncBufRead + Send>>;

/// What comes next of a list.
pub(super) enum Listed {
    /// One of its objects.
    Object(Object),
    /// That was all, as of this version: changes after it are new.
    Whole(u64),
}

/// Lists what a watch is about, as often as it is asked to.
pub(super) struct Lister {
    watch: Watch,
    client: Client,
    /// What is being read of a list.
    page: Option<Page>,
    /// Whether the last list did.
    broke_off: bool,
}

impl Lister {
    pub(super) fn new(watch: Watch, client: Client) -> Self {
        Self { watch, client, page: None, broke_off: false }
    }

    /// The next object of the list that is being read or, where none is, of a new one. After an error a new one begins.
    pub(super) async fn next(&mut self) -> kube::Result<Listed> {
        let next = self.read_on().await;
        if !matches!(next, Ok(Listed::Object(_))) {
            let had_begun = self.page.take().is_some();
            self.broke_off = next.is_err() && (had_begun || self.broke_off);
        }
        next
    }

    async fn read_on(&mut self) -> kube::Result<Listed> {
        loop {
            let Some(page) = &mut self.page else {
                let request = self.request(None)?;
                self.page = Some(ask(&self.client, request).await?);
                continue;
            };
            if let Some(object) = page.next().await? {
                return Ok(Listed::Object(object));
            }
            match page.more() {
                Some(more) => {
                    let request = self.request(Some(more))?;
                    self.page = Some(ask(&self.client, request).await?);
                }
                None => return page.version().map(Listed::Whole),
            }
        }
    }

    fn request(&self, more: Option<String>) -> kube::Result<http::Request<Vec<u8>>> {
        let params = ListParams {
            label_selector: self.watch.selection.labels(),
            limit: self.broke_off.then_some(PAGE),
            continue_token: more,
            ..ListParams::default()
        };
        let request = Request::new(self.watch.kind.path(&self.watch.namespace, ""));
        let request = match self.watch.kind.is_read_by_metadata() {
            true => request.list_metadata(&params),
            false => request.list(&params),
        };
        request.map_err(kube::Error::BuildRequest)
    }
}

async fn ask(client: &Client, request: http::Request<Vec<u8>>) -> kube::Result<Page> {
    let text = in_time(client.request_stream(request)).await??;
    Ok(Page::new(Box::pin(text)))
}

async fn in_time<T>(call: impl Future<Output = T>) -> kube::Result<T> {
    tokio::time::timeout(SILENT, call).await.map_err(|_| wrong("no answer in time"))
}

fn wrong(problem: &str) -> kube::Error {
    kube::Error::Service(problem.into())
}
