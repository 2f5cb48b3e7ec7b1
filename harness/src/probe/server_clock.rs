//! The second clock of a step: from the request that began it to the write that completed it, by the API server's own
//! audit stamps.

use jiff::Timestamp;

use crate::observe::{
    audit_log::{ObjectRef, Request},
    clock::{Moment, seconds_between},
};

/// The time in which a step was seen to begin and end by the client's clock; the server's stamps lie within it.
#[derive(Clone, Copy, Debug)]
pub struct Window {
    /// Before the first request.
    pub from: Timestamp,
    /// When the client saw the end.
    pub to: Timestamp,
}

impl Window {
    /// From `started` to now.
    pub fn since(started: &Moment) -> Self {
        Self { from: started.wall, to: Timestamp::now() }
    }
}

/// Seconds from the first request in the window that `begins` the step to the answer of the last one that `ends` it.
/// None where the log holds no such pair.
pub fn span(
    writes: &[Request],
    window: Window,
    begins: impl Fn(&Request) -> bool,
    ends: impl Fn(&Request) -> bool,
) -> Option<f64> {
    let within =
        || writes.iter().filter(|write| write.received >= window.from && write.received <= window.to);
    let first = within().filter(|write| begins(write)).map(|write| write.received).min()?;
    let last =
        within().filter(|write| write.received >= first && ends(write)).map(|write| write.completed).max()?;
    Some(seconds_between(first, last))
}

/// True for a successful write of `resource`, or of its subresource as `resource/subresource`.
pub fn is(write: &Request, verbs: &[&str], resource: &str) -> bool {
    let ObjectRef { resource: plural, subresource, .. } = &write.object;
    let (wanted, wanted_sub) = resource.split_once('/').unwrap_or((resource, ""));
    plural == wanted
        && subresource == wanted_sub
        && verbs.contains(&write.verb.as_str())
        && (200..300).contains(&write.code)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn write(verb: &str, resource: &str, subresource: &str, at: i64) -> Request {
        let stamp = |millis| Timestamp::from_millisecond(millis).unwrap();
        Request {
            verb: verb.into(),
            user: "someone".into(),
            impersonated: None,
            object: ObjectRef {
                resource: resource.into(),
                subresource: subresource.into(),
                ..ObjectRef::default()
            },
            code: 200,
            received: stamp(at),
            completed: stamp(at + 5),
        }
    }

    #[test]
    fn a_step_lasts_from_its_first_request_to_the_answer_of_its_last_write() {
        let log = [
            write("patch", "rayclusters", "", 100),
            write("patch", "pods", "status", 300),
            write("patch", "pods", "status", 400),
            write("patch", "pods", "status", 900),
        ];
        let stamp = |millis| Timestamp::from_millisecond(millis).unwrap();
        let window = Window { from: stamp(50), to: stamp(500) };
        let begins = |write: &Request| is(write, &["patch"], "rayclusters");
        let ends = |write: &Request| is(write, &["patch"], "pods/status");
        assert_eq!(span(&log, window, begins, ends), Some(0.305), "what came after the end does not count");
        assert_eq!(span(&log[1..], window, begins, ends), None);
    }

    #[test]
    fn a_refused_write_neither_begins_nor_ends_a_step() {
        let mut refused = write("patch", "pods", "status", 1);
        refused.code = 403;
        assert!(!is(&refused, &["patch"], "pods/status"));
    }
}
