//! What an API server answers when it does not do what was asked.

use kube::core::Status;

use crate::metrics::Outcome;

/// A call that failed.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum WriteError {
    /// There is one of that name already.
    #[error("it exists already")]
    Exists,
    /// There is none of that name.
    #[error("it does not exist")]
    Gone,
    /// It is not the version or uid that was meant.
    #[error("it has changed meanwhile: {}", .0.message)]
    Conflict(Box<Status>),
    /// The API server asks for patience.
    #[error("the API server is busy and asks for {seconds} s")]
    Throttled {
        /// How long it asks to wait.
        seconds: u64,
    },
    /// Another replica may write now.
    #[error("this replica does not lead any more")]
    NotLeading,
    /// It is invalid, forbidden, over quota, …
    #[error("the API server refuses it ({}): {}", .0.code, .0.message)]
    Refused(Box<Status>),
    /// There was no answer.
    #[error("the API server cannot be reached: {0}")]
    Unreachable(Box<dyn std::error::Error + Send + Sync>),
    /// There was no answer in time.
    #[error("the API server has not answered within {seconds} s")]
    Silent {
        /// How long was waited.
        seconds: u64,
    },
    /// The answer is no object.
    #[error("the API server's answer is unreadable: {0}")]
    Answer(serde_json::Error),
    /// The answer is not UTF-8.
    #[error("the API server's answer is not text")]
    NotText,
    /// A name that cannot stand in a path.
    #[error("the request cannot be made: {0}")]
    Request(Box<dyn std::error::Error + Send + Sync>),
}

impl WriteError {
    pub(super) fn unreachable(error: impl std::error::Error + Send + Sync + 'static) -> Self {
        Self::Unreachable(Box::new(error))
    }

    pub(super) fn request(error: impl std::error::Error + Send + Sync + 'static) -> Self {
        Self::Request(Box::new(error))
    }

    /// Whether the API server is busy or away: whatever was asked, it would have failed.
    pub(super) fn is_trouble(&self) -> bool {
        match self {
            Self::Throttled { .. } | Self::Unreachable(_) | Self::Silent { .. } => true,
            Self::Refused(status) => matches!(status.code, 503 | 504),
            _ => false,
        }
    }

    /// How the call is counted.
    pub(super) fn outcome(&self) -> Outcome {
        match self {
            Self::Exists => Outcome::Exists,
            Self::Gone => Outcome::Gone,
            Self::Conflict(_) => Outcome::Conflict,
            Self::Throttled { .. } => Outcome::Throttled,
            Self::Refused(_) => Outcome::Refused,
            _ => Outcome::Lost,
        }
    }

    /// Whether it was refused for a field that cannot be changed in place.
    pub fn is_about_immutable(&self) -> bool {
        let Self::Refused(status) = self else { return false };
        let words = ["field is immutable", "may not be changed in an update", "are forbidden"];
        status.code == 422 && words.iter().any(|words| status.message.contains(words))
    }

    /// Whether a Service was refused for the addresses or node ports that it asked for. Where they cannot be allocated
    /// for another reason, such as an etcd that is full, an API server says so as if they were invalid.
    pub fn is_about_addresses(&self) -> bool {
        let Self::Refused(status) = self else { return false };
        let causes = status.details.iter().flat_map(|details| &details.causes);
        status.code == 422
            && causes.into_iter().any(|cause| {
                let field = cause.field.as_str();
                let is_about = field.starts_with("spec.clusterIP")
                    || field.ends_with(".nodePort")
                    || field == "spec.ipFamilies";
                let is_itself = |text: &str| text.contains("already allocated") || text.contains("range");
                is_about && (!cause.message.contains("failed to allocate") || is_itself(&cause.message))
            })
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn refused(field: &str, message: &str) -> WriteError {
        let status = json!({"code": 422, "details": {"causes": [{"field": field, "message": message}]}});
        WriteError::Refused(serde_json::from_value(status).expect("a status"))
    }

    #[test]
    fn an_address_that_cannot_be_allocated_for_another_reason_is_not_taken() {
        let cases = [
            (
                "spec.clusterIPs",
                "Invalid value: [\"10.0.0.1\"]: failed to allocate IP 10.0.0.1: provided IP is already allocated",
                true,
            ),
            (
                "spec.clusterIPs",
                "failed to allocate IP 10.0.0.1: the provided IP is not in the valid range",
                true,
            ),
            ("spec.ports[0].nodePort", "Invalid value: 30080: provided port is already allocated", true),
            ("spec.clusterIPs", "failed to allocate IP: etcdserver: mvcc: database space exceeded", false),
            ("spec.ports", "Required value", false),
        ];
        for (field, message, expected) in cases {
            assert_eq!(refused(field, message).is_about_addresses(), expected, "{message}");
        }
    }
}
