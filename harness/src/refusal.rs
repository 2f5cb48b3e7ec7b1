//! What a failed call to an API server says, in one line.

use std::error::Error;

/// The server's own words, or why it was not reached.
pub(crate) fn words(error: &kube::Error) -> String {
    match error {
        kube::Error::Api(status) if !status.message.is_empty() => status.message.clone(),
        error if is_unreached(error) => format!("the API server is not reached: {}", innermost(error)),
        error => error.to_string(),
    }
}

/// Whether the server did not answer at all.
pub(crate) fn is_unreached(error: &kube::Error) -> bool {
    matches!(error, kube::Error::Service(_) | kube::Error::HyperError(_))
}

/// The last cause: the outer ones only say that a request failed.
pub(crate) fn innermost(error: &dyn Error) -> String {
    let mut cause = error;
    while let Some(inner) = cause.source() {
        cause = inner;
    }
    cause.to_string()
}

#[cfg(test)]
mod tests {
    use kube::core::Status;

    use super::*;

    #[test]
    fn a_server_that_answers_is_quoted() {
        let status = Status::failure("pods \"a\" not found", "NotFound").boxed();
        assert_eq!(words(&kube::Error::Api(status)), "pods \"a\" not found");
    }

    #[test]
    fn of_a_server_that_does_not_answer_the_last_reason_is_told() {
        let refused = std::io::Error::from(std::io::ErrorKind::ConnectionRefused);
        let error = kube::Error::Service(Box::new(std::io::Error::other(refused)));
        assert!(is_unreached(&error));
        assert_eq!(words(&error), "the API server is not reached: connection refused");
    }
}
