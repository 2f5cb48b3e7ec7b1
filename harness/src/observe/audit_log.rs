//! The second clock and the proof of who wrote what: the API servers' own audit logs.

use std::{
    io::{Read, Seek, SeekFrom},
    path::{Path, PathBuf},
    sync::Arc,
};

use jiff::Timestamp;
use parking_lot::Mutex;
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

/// A log that grows in a file on this machine. Each line is read once, however often somebody asks.
#[derive(Debug, Default)]
pub struct AuditFile {
    path: Option<PathBuf>,
    known: Mutex<Known>,
}

/// What has been read so far.
#[derive(Debug, Default)]
struct Known {
    bytes: u64,
    requests: Arc<Vec<Request>>,
}

impl AuditFile {
    /// The log at `path`; none for one that is not on this machine, which is always empty.
    pub fn new(path: Option<PathBuf>) -> Self {
        Self { path, known: Mutex::default() }
    }

    /// The completed writes and lists up to now.
    pub fn requests(&self) -> Arc<Vec<Request>> {
        let mut known = self.known.lock();
        let more = self.path.as_deref().and_then(|path| whole_lines(path, known.bytes).ok());
        if let Some(more) = more.filter(|more| !more.is_empty()) {
            known.bytes += more.len() as u64;
            Arc::make_mut(&mut known.requests).extend(requests(&more));
        }
        Arc::clone(&known.requests)
    }
}

/// The lines of a file from `offset` on, without a last one that is still being written.
fn whole_lines(path: &Path, offset: u64) -> std::io::Result<String> {
    let mut file = fs_err::File::open(path)?;
    file.seek(SeekFrom::Start(offset))?;
    let mut bytes = Vec::new();
    file.read_to_end(&mut bytes)?;
    let end = bytes.iter().rposition(|byte| *byte == b'\n').map_or(0, |last| last + 1);
    bytes.truncate(end);
    String::from_utf8(bytes).map_err(std::io::Error::other)
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

    #[test]
    fn a_file_that_grows_is_read_on_and_a_line_that_is_being_written_waits_until_it_is_whole() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("audit.log");
        let file = AuditFile::new(Some(path.clone()));
        assert!(file.requests().is_empty(), "there is no file yet");
        let (begin, rest) = CREATE.split_at(40);
        let mut text = format!("{CREATE}\n{begin}");
        fs_err::write(&path, &text).unwrap();
        let before = file.requests();
        assert_eq!(before.len(), 1);
        // What has been read is not read again.
        text.replace_range(..1, " ");
        text.push_str(rest);
        text.push('\n');
        fs_err::write(&path, &text).unwrap();
        assert_eq!((file.requests().len(), before.len()), (2, 1));
        assert_eq!(file.requests().len(), 2);
    }
}
