//! `/livez`, `/readyz` and `/metrics` over HTTP.

use std::{convert::Infallible, fmt::Write, net::SocketAddr};

use http::{HeaderValue, Request, Response, StatusCode, header::CONTENT_TYPE};
use http_body_util::Full;
use hyper::{
    body::{Bytes, Incoming},
    service::service_fn,
};
use hyper_util::rt::TokioIo;
use tokio::net::TcpListener;

use super::{Health, RunError, health::Check};
use crate::{accept::accept, metrics};

const PLAIN: &str = "text/plain; charset=utf-8";

/// An address that is listened on.
#[derive(Debug)]
pub struct Server(TcpListener);

impl Server {
    /// Listens on `address`.
    ///
    /// # Errors
    /// An address that cannot be listened on.
    pub async fn open(address: SocketAddr) -> Result<Self, RunError> {
        let listener = TcpListener::bind(address).await;
        listener.map(Self).map_err(|source| RunError::Listen { address, source })
    }

    /// The address, with the port that the system chose where none was asked for.
    ///
    /// # Errors
    /// When the system does not say.
    pub fn address(&self) -> std::io::Result<SocketAddr> {
        self.0.local_addr()
    }

    /// Serves until it is dropped.
    pub async fn serve(self, health: Health) {
        loop {
            let stream = accept(&self.0).await;
            let health = health.clone();
            let service = service_fn(move |request: Request<Incoming>| {
                let answer = answer(request.uri().path(), request.uri().query(), &health);
                async move { Ok::<_, Infallible>(answer) }
            });
            tokio::spawn(
                hyper::server::conn::http1::Builder::new().serve_connection(TokioIo::new(stream), service),
            );
        }
    }
}

fn answer(path: &str, query: Option<&str>, health: &Health) -> Response<Full<Bytes>> {
    let verbose = query.is_some_and(|query| query.split('&').any(|word| word.starts_with("verbose")));
    let (status, media_type, text) = match path {
        "/livez" => checked("livez", &health.live(), verbose),
        "/readyz" => checked("readyz", &health.readiness(), verbose),
        "/metrics" => (StatusCode::OK, metrics::MEDIA_TYPE, health.metrics().text()),
        _ => (StatusCode::NOT_FOUND, PLAIN, "this serves /livez, /readyz and /metrics\n".to_owned()),
    };
    let mut response = Response::new(Full::new(Bytes::from(text)));
    *response.status_mut() = status;
    response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static(media_type));
    response
}

/// Says it as Kubernetes' own servers do: `ok`, or each check where one fails or all are asked for.
fn checked(name: &str, checks: &[Check], verbose: bool) -> (StatusCode, &'static str, String) {
    let passed = checks.iter().all(|check| check.problem.is_none() || !check.is_vital);
    if passed && !verbose {
        return (StatusCode::OK, PLAIN, "ok".to_owned());
    }
    let mut text = String::new();
    for Check { name, problem, is_vital } in checks {
        // Writing to a string cannot fail.
        let _ = match problem {
            None => writeln!(text, "[+]{name} ok"),
            Some(problem) if *is_vital => writeln!(text, "[-]{name} failed: {problem}"),
            Some(problem) => writeln!(text, "[!]{name} is not ready: {problem}"),
        };
    }
    let _ = writeln!(text, "{name} check {}", if passed { "passed" } else { "failed" });
    let status = if passed { StatusCode::OK } else { StatusCode::SERVICE_UNAVAILABLE };
    (status, PLAIN, text)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(name: &str, problem: Option<&str>) -> Check {
        Check { name: name.to_owned(), problem: problem.map(str::to_owned), is_vital: true }
    }

    #[test]
    fn a_failure_names_each_check_without_being_asked() {
        let checks = [check("list host/pods", None), check("first round", Some("is not done"))];
        let (status, _, text) = checked("readyz", &checks, false);
        assert_eq!(status, StatusCode::SERVICE_UNAVAILABLE);
        assert_eq!(text, "[+]list host/pods ok\n[-]first round failed: is not done\nreadyz check failed\n");
    }

    #[test]
    fn a_part_that_fails_is_told_of_and_does_not_fail_the_whole() {
        let checks =
            [check("tenants", None), Check { is_vital: false, ..check("tenant a", Some("is away")) }];
        assert_eq!(checked("readyz", &checks, false).2, "ok");
        let (status, _, text) = checked("readyz", &checks, true);
        assert_eq!(status, StatusCode::OK);
        assert_eq!(text, "[+]tenants ok\n[!]tenant a is not ready: is away\nreadyz check passed\n");
    }

    #[test]
    fn success_is_short_unless_asked_for_more() {
        let checks = [check("dispatcher", None)];
        assert_eq!(checked("livez", &checks, false).2, "ok");
        assert_eq!(checked("livez", &checks, true).2, "[+]dispatcher ok\nlivez check passed\n");
    }
}
