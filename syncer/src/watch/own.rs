//! A watch that is nobody else's: a list, what changes after it, and a list again where the API server has forgotten that.

use kube::Client;

use super::{
    Event, Watch,
    feed::{Feed, Problem},
    list::{Listed, Lister},
    steps::Steps,
};

/// One watch on a client.
pub(super) struct Own {
    watch: Watch,
    client: Client,
    lister: Lister,
    state: State,
}

/// How far it has come.
enum State {
    /// It is to be listed.
    Begun,
    /// It is being listed.
    Listing,
    /// What has changed since this version is asked for.
    Resuming(String),
    /// What changes is shown, up to this version so far.
    Following(Feed, String),
}

impl Own {
    pub(super) fn new(watch: Watch, client: Client) -> Self {
        let lister = Lister::new(watch.clone(), client.clone());
        Self { watch, client, lister, state: State::Begun }
    }

    /// Goes back to where it can go on.
    fn interrupted(&mut self, problem: Problem) -> kube::Error {
        match (problem, &mut self.state) {
            (Problem::Gone(error), _) => {
                self.state = State::Begun;
                error
            }
            (Problem::Ended(error), State::Following(_, version)) => {
                self.state = State::Resuming(std::mem::take(version));
                error
            }
            (Problem::Ended(error) | Problem::Unread(error), _) => error,
        }
    }
}

impl Steps for Own {
    async fn step(&mut self) -> kube::Result<Option<Event>> {
        match &mut self.state {
            State::Begun => {
                self.state = State::Listing;
                Ok(Some(Event::Listing))
            }
            State::Listing => match self.lister.next().await {
                Ok(Listed::Object(object)) => Ok(Some(Event::Listed(object))),
                Ok(Listed::Whole(version)) => {
                    self.state = State::Resuming(version.to_string());
                    Ok(Some(Event::Whole(version)))
                }
                Err(error) => {
                    self.state = State::Begun;
                    Err(error)
                }
            },
            State::Resuming(version) => {
                match Feed::open(&self.watch, self.client.clone(), version).await {
                    Ok(feed) => self.state = State::Following(feed, std::mem::take(version)),
                    Err(problem) => return Err(self.interrupted(problem)),
                }
                Ok(None)
            }
            State::Following(feed, version) => match feed.next(version).await {
                Ok(Some(change)) => Ok(Some(change.into())),
                Ok(None) => {
                    self.state = State::Resuming(std::mem::take(version));
                    Ok(None)
                }
                Err(problem) => Err(self.interrupted(problem)),
            },
        }
    }
}

#[cfg(test)]
mod tests {
    use std::{convert::Infallible, sync::Arc};

    use http::{Request, Response};
    use kube::client::Body;
    use parking_lot::Mutex;
    use serde_json::{Value, json};

    use super::*;
    use crate::{
        kinds::{Kind, Side},
        watch::{Selection, steps::tests::some},
    };

    /// What was asked for, in order: a list, the rest of one, or the version from which on it was watched.
    type Asked = Arc<Mutex<Vec<String>>>;

    /// A watch of an API server that answers as the test says.
    fn own(answers: Vec<(u16, String)>) -> (Own, Asked) {
        let (asked, answers) = (Asked::default(), Arc::new(Mutex::new(answers.into_iter())));
        let log = Arc::clone(&asked);
        let service = tower::service_fn(move |request: Request<Body>| {
            let query = request.uri().query().unwrap_or_default();
            let value = |name: &str| query.split('&').find_map(|pair| pair.strip_prefix(name));
            log.lock().push(match (query.contains("watch=true"), value("continue="), value("limit=")) {
                (true, ..) => value("resourceVersion=").unwrap_or("none").to_owned(),
                (_, Some(more), _) => more.to_owned(),
                (_, None, Some(limit)) => format!("list {limit}"),
                (_, None, None) => "list".to_owned(),
            });
            let (status, body) = answers.lock().next().expect("an answer more");
            let answer = Response::builder().status(status).body(Body::from(body.into_bytes()));
            async move { Ok::<_, Infallible>(answer.expect("an answer")) }
        });
        let watch = Watch {
            side: Side::Host,
            kind: Kind::Pod,
            namespace: "ns".to_owned(),
            selection: Selection::All,
        };
        (Own::new(watch, Client::new(service, "ns")), asked)
    }

    fn object(version: u64) -> Value {
        json!({"metadata": {"name": "o", "namespace": "ns", "uid": "u", "resourceVersion": version.to_string()}})
    }

    fn list(version: u64, objects: &[u64]) -> String {
        let items: Vec<Value> = objects.iter().copied().map(object).collect();
        json!({"kind": "PodList", "metadata": {"resourceVersion": version.to_string()}, "items": items})
            .to_string()
    }

    fn changes(changes: &[(&str, Value)]) -> (u16, String) {
        let line = |(kind, object): &(&str, Value)| format!("{{\"type\":\"{kind}\",\"object\":{object}}}\n");
        (200, changes.iter().map(line).collect())
    }

    fn status(code: u16) -> Value {
        json!({"kind": "Status", "apiVersion": "v1", "status": "Failure", "message": "no", "code": code})
    }

    #[tokio::test]
    async fn a_watch_that_ends_goes_on_where_it_was_without_a_list() {
        let mark = json!({"kind": "Pod", "apiVersion": "v1", "metadata": {"resourceVersion": "9"}});
        let (mut own, asked) = own(vec![
            (200, list(5, &[3, 4])),
            changes(&[("MODIFIED", object(6)), ("DELETED", object(7))]),
            changes(&[("BOOKMARK", mark)]),
            changes(&[("ERROR", status(500))]),
            changes(&[("ADDED", object(11))]),
        ]);
        assert_eq!(some(&mut own, 4).await, ["listing", "listed 3", "listed 4", "whole 5"]);
        assert_eq!(some(&mut own, 4).await, ["apply 6", "delete 7", "error", "apply 11"]);
        assert_eq!(*asked.lock(), ["list", "5", "7", "9", "9"]);
    }

    #[tokio::test]
    async fn what_the_api_server_has_forgotten_is_listed_again() {
        for forgotten in [changes(&[("ERROR", status(410))]), (410, status(410).to_string())] {
            let (mut own, asked) = own(vec![(200, list(5, &[3])), forgotten, (200, list(20, &[15]))]);
            assert_eq!(some(&mut own, 4).await, ["listing", "listed 3", "whole 5", "error"]);
            assert_eq!(some(&mut own, 3).await, ["listing", "listed 15", "whole 20"]);
            assert_eq!(*asked.lock(), ["list", "5", "list"]);
        }
    }

    fn page(object_of: u64, more: &str) -> (u16, String) {
        let metadata = json!({"resourceVersion": "5", "continue": more});
        (200, json!({"metadata": metadata, "items": [object(object_of)]}).to_string())
    }

    #[tokio::test]
    async fn a_list_that_broke_off_is_asked_for_in_pages_once() {
        let mut cut = list(5, &[3]);
        cut.truncate(cut.len() - 2);
        let forgotten = (410, status(410).to_string());
        let (mut own, asked) =
            own(vec![(200, cut), page(3, "p2"), page(4, ""), forgotten, (200, list(9, &[]))]);
        assert_eq!(some(&mut own, 3).await, ["listing", "listed 3", "error"]);
        assert_eq!(some(&mut own, 5).await, ["listing", "listed 3", "listed 4", "whole 5", "error"]);
        assert_eq!(some(&mut own, 2).await, ["listing", "whole 9"]);
        assert_eq!(*asked.lock(), ["list", "list 500", "p2", "5", "list"]);
    }

    #[tokio::test]
    async fn pages_that_nobody_asked_for_are_one_list() {
        let (mut own, _) = own(vec![page(3, "p2"), page(4, "")]);
        assert_eq!(some(&mut own, 4).await, ["listing", "listed 3", "listed 4", "whole 5"]);
    }

    #[tokio::test]
    async fn a_watch_that_ends_at_once_with_nothing_in_it_is_a_failure() {
        let (mut own, asked) = own(vec![(200, list(5, &[])), changes(&[]), changes(&[("ADDED", object(6))])]);
        assert_eq!(some(&mut own, 4).await, ["listing", "whole 5", "error", "apply 6"]);
        assert_eq!(*asked.lock(), ["list", "5", "5"]);
    }

    #[tokio::test]
    async fn a_list_that_does_not_come_whole_is_asked_for_again_and_never_done() {
        let whole = list(5, &[3]);
        for (bad, shown) in [
            ((200, whole[..whole.len() - 2].to_owned()), 2),
            ((200, json!({"metadata": {}, "items": [object(3)]}).to_string()), 2),
            ((200, json!({"metadata": {"resourceVersion": "5"}, "items": [{"metadata": 1}]}).to_string()), 1),
            ((200, json!({"metadata": {"resourceVersion": "5"}}).to_string()), 1),
            ((503, status(503).to_string()), 1),
        ] {
            let (mut own, _) = own(vec![bad, (200, whole.clone())]);
            let events = some(&mut own, shown + 1).await;
            assert_eq!(events.last().map(String::as_str), Some("error"), "{events:?}");
            assert!(events.iter().all(|event| !event.starts_with("whole")), "{events:?}");
            assert_eq!(some(&mut own, 3).await, ["listing", "listed 3", "whole 5"]);
        }
    }
}
