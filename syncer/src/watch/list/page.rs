//! One answer to what is listed: the whole list, or a page of it.

use futures::AsyncBufReadExt;
use kube::core::ListMeta;

use super::{
    Text, in_time,
    items::{Items, Part},
    wrong,
};
use crate::object::Object;

/// An answer that is being read.
pub(super) struct Page {
    text: Text,
    items: Items,
    meta: ListMeta,
}

impl Page {
    pub(super) fn new(text: Text) -> Self {
        Self { text, items: Items::default(), meta: ListMeta::default() }
    }

    /// Its next object, if there is one more.
    pub(super) async fn next(&mut self) -> kube::Result<Option<Object>> {
        loop {
            let text = in_time(self.text.fill_buf()).await?.map_err(kube::Error::ReadEvents)?;
            if text.is_empty() {
                let cut = || wrong("a list that is cut short");
                return self.items.is_whole().then_some(None).ok_or_else(cut);
            }
            let (read, part) = self.items.read(text);
            self.text.as_mut().consume(read);
            match part {
                Some(Part::Object) => return self.object().map(Some),
                Some(Part::Metadata) => {
                    self.meta = serde_json::from_slice(self.items.held()).map_err(kube::Error::SerdeError)?;
                }
                None => {}
            }
        }
    }

    /// What the rest of the list is asked for with, if this is not all.
    pub(super) fn more(&self) -> Option<String> {
        self.meta.continue_.clone().filter(|token| !token.is_empty())
    }

    /// The version that the list is of.
    pub(super) fn version(&self) -> kube::Result<u64> {
        let version = self.meta.resource_version.as_ref().and_then(|version| version.parse().ok());
        version.ok_or_else(|| wrong("a list without a version"))
    }

    fn object(&self) -> kube::Result<Object> {
        let text =
            std::str::from_utf8(self.items.held()).map_err(|error| kube::Error::Service(error.into()))?;
        Object::from_text(text).map_err(kube::Error::SerdeError)
    }
}
