//! Waiting: every wait lists, watches, and ends on an event. None polls.

use std::{collections::BTreeMap, fmt::Debug, time::Duration};

use futures::{StreamExt, pin_mut};
use kube::{
    Api, Resource, ResourceExt,
    runtime::{WatchStreamExt, utils::Backoff, watcher},
};
use serde::de::DeserializeOwned;

/// How soon a watch that could not be opened is tried again. A server that is starting or a kind that is not served
/// yet gives no event to wait for, so the first tries are close together: their distance is the resolution of such a
/// wait.
struct Reconnect(Duration);

impl Reconnect {
    const FIRST: Duration = Duration::from_millis(10);
    const LONGEST: Duration = Duration::from_millis(100);
}

impl Iterator for Reconnect {
    type Item = Duration;

    fn next(&mut self) -> Option<Duration> {
        let delay = self.0;
        self.0 = (delay * 3 / 2).min(Self::LONGEST);
        Some(delay)
    }
}

impl Backoff for Reconnect {
    fn reset(&mut self) {
        self.0 = Self::FIRST;
    }
}

/// The objects that a watch has shown so far, by namespace and name.
pub type View<K> = BTreeMap<(String, String), K>;

/// Why a wait ended without what it waited for.
#[derive(Debug, thiserror::Error)]
pub enum WaitError {
    /// The time that the caller gave ran out.
    #[error("{what} did not happen within {} s; last seen: {last_seen}; raise --timeout, or see the events of the objects named", limit.as_secs())]
    TimedOut {
        /// What was waited for.
        what: String,
        /// The time that was given.
        limit: Duration,
        /// The state at the end, one line.
        last_seen: String,
    },
    /// The server refuses the watch itself, so that waiting on would never end.
    #[error("waiting for {what}: the API server refuses the watch: {message}")]
    Refused {
        /// What was waited for.
        what: String,
        /// The server's words.
        message: String,
    },
}

/// What is waited for, and how long.
#[derive(Clone, Debug)]
pub struct Wait {
    what: String,
    limit: Duration,
}

impl Wait {
    /// A wait for `what` (a noun phrase for messages), at most `limit` long.
    pub fn new(what: impl Into<String>, limit: Duration) -> Self {
        Self { what: what.into(), limit }
    }

    /// Waits until `done` finds what it looks for among the objects that `api` shows under `config`.
    ///
    /// `done` is asked when the first list is whole and after each event from then on, and `describe` gives one line
    /// on the state for the message of a time-out.
    ///
    /// # Errors
    /// [`WaitError::TimedOut`], or [`WaitError::Refused`] where the watch is forbidden.
    pub async fn until<K, T>(
        &self,
        api: Api<K>,
        config: watcher::Config,
        mut done: impl FnMut(&View<K>) -> Option<T>,
        describe: impl Fn(&View<K>) -> String,
    ) -> Result<T, WaitError>
    where
        K: Resource + Clone + Debug + DeserializeOwned + Send + 'static,
    {
        let mut view = View::new();
        let search = async {
            let events = watcher(api, config).backoff(Reconnect(Reconnect::FIRST));
            pin_mut!(events);
            let mut fresh = View::new();
            while let Some(event) = events.next().await {
                let listed = match event {
                    Ok(event) => take(&mut view, &mut fresh, event),
                    Err(error) => match refusal(&error) {
                        Some(message) => return Err(WaitError::Refused { what: self.what.clone(), message }),
                        None => {
                            tracing::debug!(%error, what = self.what, "watch interrupted");
                            false
                        }
                    },
                };
                if listed && let Some(found) = done(&view) {
                    return Ok(Some(found));
                }
            }
            Ok(None)
        };
        match tokio::time::timeout(self.limit, search).await {
            Ok(Ok(Some(found))) => Ok(found),
            Ok(Err(error)) => Err(error),
            Ok(Ok(None)) | Err(_) => Err(WaitError::TimedOut {
                what: self.what.clone(),
                limit: self.limit,
                last_seen: describe(&view),
            }),
        }
    }

    /// Waits until the one object `name` passes `done`; `describe` sees the object, if there is one.
    ///
    /// # Errors
    /// As [`Wait::until`].
    pub async fn object<K, T>(
        &self,
        api: Api<K>,
        name: &str,
        mut done: impl FnMut(&K) -> Option<T>,
        describe: impl Fn(&K) -> String,
    ) -> Result<T, WaitError>
    where
        K: Resource + Clone + Debug + DeserializeOwned + Send + 'static,
    {
        let config = watcher::Config::default().fields(&format!("metadata.name={name}"));
        self.until(
            api,
            config,
            |view| view.values().find_map(&mut done),
            |view| view.values().next().map_or_else(|| format!("no {name}"), &describe),
        )
        .await
    }

    /// Waits until no object is left under `config`.
    ///
    /// # Errors
    /// As [`Wait::until`].
    pub async fn gone<K>(&self, api: Api<K>, config: watcher::Config) -> Result<(), WaitError>
    where
        K: Resource + Clone + Debug + DeserializeOwned + Send + 'static,
    {
        self.until(
            api,
            config,
            |view| view.is_empty().then_some(()),
            |view| {
                let names: Vec<_> = view.keys().map(|(_, name)| name.as_str()).take(5).collect();
                format!("{} left: {}", view.len(), names.join(", "))
            },
        )
        .await
    }
}

/// Applies one event; true where the view is whole and may be judged.
fn take<K: ResourceExt>(view: &mut View<K>, fresh: &mut View<K>, event: watcher::Event<K>) -> bool {
    match event {
        watcher::Event::Init => {
            fresh.clear();
            false
        }
        watcher::Event::InitApply(object) => {
            fresh.insert(key(&object), object);
            false
        }
        watcher::Event::InitDone => {
            *view = std::mem::take(fresh);
            true
        }
        watcher::Event::Apply(object) => {
            view.insert(key(&object), object);
            true
        }
        watcher::Event::Delete(object) => {
            view.remove(&key(&object));
            true
        }
    }
}

fn key<K: ResourceExt>(object: &K) -> (String, String) {
    (object.namespace().unwrap_or_default(), object.name_any())
}

/// The server's words where it will never serve this watch to this user.
fn refusal(error: &watcher::Error) -> Option<String> {
    let source = match error {
        watcher::Error::InitialListFailed(source) | watcher::Error::WatchStartFailed(source) => source,
        _ => return None,
    };
    match source {
        kube::Error::Api(status) if status.code == 403 || status.code == 401 => Some(status.message.clone()),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use k8s_openapi::api::core::v1::ConfigMap;

    use super::*;

    fn config_map(name: &str) -> ConfigMap {
        let mut object = ConfigMap::default();
        object.metadata.name = Some(name.to_owned());
        object
    }

    #[test]
    fn an_object_that_vanished_during_a_gap_is_gone_after_the_next_list() {
        let (mut view, mut fresh) = (View::new(), View::new());
        for event in [
            watcher::Event::Init,
            watcher::Event::InitApply(config_map("a")),
            watcher::Event::InitApply(config_map("b")),
        ] {
            assert!(!take(&mut view, &mut fresh, event), "a list in progress must not be judged");
        }
        assert!(take(&mut view, &mut fresh, watcher::Event::InitDone));
        assert_eq!(view.len(), 2);
        take(&mut view, &mut fresh, watcher::Event::Init);
        take(&mut view, &mut fresh, watcher::Event::InitApply(config_map("b")));
        assert!(take(&mut view, &mut fresh, watcher::Event::InitDone));
        assert_eq!(view.keys().map(|(_, name)| name.as_str()).collect::<Vec<_>>(), ["b"]);
    }
}
