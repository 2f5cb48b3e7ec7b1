//! Lists that no watch asks for. They go through the doors of the watches' lists, and then as every other call.

use k8s_openapi::apimachinery::pkg::apis::meta::v1::ObjectMeta;
use kube::{
    api::ListParams,
    core::{ObjectList, PartialObjectMeta, Request},
};

use super::{Cluster, Forms, JSON, WriteError};
use crate::{kinds::Kind, metrics::Verb};

const METADATA_OF_ALL: &str = "application/json;as=PartialObjectMetadataList;g=meta.k8s.io;v=v1";

impl Cluster {
    /// The metadata of the objects of a kind in a namespace that a label selector selects.
    ///
    /// # Errors
    /// Whatever the API server or the way to it refuses.
    pub async fn list_metadata(
        &self,
        kind: Kind,
        namespace: &str,
        labels: &str,
    ) -> Result<Vec<ObjectMeta>, WriteError> {
        let asked =
            Request::new(kind.path(namespace, "")).list_metadata(&ListParams::default().labels(labels));
        let path = asked.map_err(WriteError::request)?.uri().to_string();
        // The door comes before the gate: what waits for a list of another's takes no place from calls.
        let _door = self.doors.enter().await;
        let forms = Forms { sent: JSON, answer: METADATA_OF_ALL };
        let bytes = self.send(Verb::List, &path, forms, None).await?;
        let list: ObjectList<PartialObjectMeta> =
            serde_json::from_slice(&bytes).map_err(WriteError::Answer)?;
        Ok(list.items.into_iter().map(|item| item.metadata).collect())
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use futures::FutureExt;

    use super::*;
    use crate::{
        watch::Doors,
        write::played::{all, host},
    };

    #[tokio::test]
    async fn metadata_alone_is_asked_for_and_the_call_is_counted_as_a_list_of_the_kind() {
        let (host, metrics, asked) = host(vec![all(&["a", "b"])], Doors::shared());
        let listed = host.list_metadata(Kind::PodToken, "ns", "!example.com/a,b=c").await.expect("a list");
        let names: Vec<_> = listed.iter().filter_map(|metadata| metadata.name.as_deref()).collect();
        assert_eq!(names, ["a", "b"]);
        let path = "/api/v1/namespaces/ns/secrets?&labelSelector=%21example.com%2Fa%2Cb%3Dc";
        assert_eq!(*asked.lock(), [[path, METADATA_OF_ALL]]);
        let counted = r#"requests_total{side="host",resource="secrets",verb="list",outcome="done"} 1"#;
        assert!(metrics.text().contains(counted), "{}", metrics.text());
    }

    #[tokio::test]
    async fn a_list_waits_while_as_many_are_read_as_may_be_at_once() {
        let doors = Doors::shared();
        let (host, _, asked) = host(vec![all(&[])], doors.clone());
        let mut of_watches = Vec::new();
        while let Some(door) = doors.enter().now_or_never() {
            of_watches.push(door);
        }
        let mut listed = Box::pin(host.list_metadata(Kind::Pod, "ns", "a"));
        let soon = Duration::from_millis(50);
        assert!(tokio::time::timeout(soon, &mut listed).await.is_err());
        assert_eq!(asked.lock().len(), 0);
        of_watches.pop();
        assert!(listed.await.is_ok());
        assert!(doors.enter().now_or_never().is_some(), "its door is free again");
    }
}
