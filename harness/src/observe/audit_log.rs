//! The second clock and the proof of who wrote what: the API servers' own audit logs.

use jiff::Timestamp;
use serde::Deserialize;

/// One completed request, as the API server logged it: a write, or a tenant's list.
#[derive(Clone, Debug, PartialEq)]
pub struct Request {
    /// `create`, `update`, `patch`, `delete` or `deletecollection`; or `list`.
    pub verb: String,
    /// The user that the server authenticated.
    pub user: String,
    /// The user that it acted as, where it impersonated one.
    pub impersonated: Option<String>,
    /// What it was about.
    pub object: ObjectRef,
    /// The HTTP status that the server answered.
    pub code: u16,
    /// When the server had received the request; µs.
    pub received: Timestamp,
    /// When the server had answered; µs.
    pub completed: Timestamp,
}

/// The object of a request, as audit events name it.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct ObjectRef {
    /// The plural resource.
    pub resource: String,
    /// The namespace, empty for cluster scope.
    pub namespace: String,
    /// The name; on `create` with `generateName` the server fills it in only in the response.
    pub name: String,
    /// The API group, empty for core.
    pub api_group: String,
    /// The subresource, empty for the object itself.
    pub subresource: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Line {
    stage: String,
    verb: String,
    user: User,
    impersonated_user: Option<User>,
    object_ref: Option<ObjectRef>,
    response_status: Option<Status>,
    request_received_timestamp: Timestamp,
    stage_timestamp: Timestamp,
}

#[derive(Deserialize)]
struct User {
    #[serde(default)]
    username: String,
}

#[derive(Deserialize)]
struct Status {
    #[serde(default)]
    code: u16,
}

const WRITES: [&str; 5] = ["create", "update", "patch", "delete", "deletecollection"];

impl Request {
    /// Whether it changed something, or tried to.
    pub fn is_write(&self) -> bool {
        WRITES.contains(&self.verb.as_str())
    }
}

/// The completed writes and lists in a log file on this machine; none without a file.
pub fn of_file(file: Option<std::path::PathBuf>) -> Vec<Request> {
    let log = file.and_then(|path| fs_err::read_to_string(path).ok());
    log.map(|log| requests(&log)).unwrap_or_default()
}

/// The completed writes and lists in a log of `audit.k8s.io/v1` JSON lines. Other lines (a container's log holds
/// klog's too) are passed over.
pub fn requests(log: &str) -> Vec<Request> {
    log.lines().filter_map(request).filter(|request| request.is_write() || request.verb == "list").collect()
}

fn request(line: &str) -> Option<Request> {
    if !line.starts_with("{\"kind\":\"Event\"") {
        return None;
    }
    let line: Line = serde_json::from_str(line).ok()?;
    if line.stage != "ResponseComplete" {
        return None;
    }
    Some(Request {
        verb: line.verb,
        user: line.user.username,
        impersonated: line.impersonated_user.map(|user| user.username),
        object: line.object_ref?,
        code: line.response_status.map_or(0, |status| status.code),
        received: line.request_received_timestamp,
        completed: line.stage_timestamp,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    const CREATE: &str = r#"{"kind":"Event","apiVersion":"audit.k8s.io/v1","level":"Metadata","auditID":"1","stage":"ResponseComplete","requestURI":"/api/v1/namespaces/t/pods","verb":"create","user":{"username":"system:serviceaccount:t:vc-syncer","groups":[]},"sourceIPs":["127.0.0.1"],"objectRef":{"resource":"pods","namespace":"t","name":"a-x-default-x-vc","apiVersion":"v1"},"responseStatus":{"metadata":{},"code":201},"requestReceivedTimestamp":"2026-11-21T12:00:00.000001Z","stageTimestamp":"2026-11-21T12:00:00.004501Z"}"#;

    #[test]
    fn a_completed_write_is_read_with_its_user_and_both_stamps() {
        let log = format!("I1121 12:00:00 klog line\n{CREATE}\n");
        let found = requests(&log);
        assert_eq!(found.len(), 1);
        let write = &found[0];
        assert_eq!((write.verb.as_str(), write.code), ("create", 201));
        assert_eq!(write.user, "system:serviceaccount:t:vc-syncer");
        assert_eq!(write.object.resource, "pods");
        assert_eq!(super::super::clock::seconds_between(write.received, write.completed), 0.0045);
    }

    #[test]
    fn a_list_is_no_write() {
        let list = requests(&CREATE.replace("\"create\"", "\"list\""));
        assert!(list.len() == 1 && !list[0].is_write());
    }

    #[test]
    fn watches_and_requests_without_an_answer_yet_are_passed_over() {
        assert!(requests(&CREATE.replace("\"create\"", "\"watch\"")).is_empty());
        assert!(requests(&CREATE.replace("ResponseComplete", "RequestReceived")).is_empty());
    }
}
