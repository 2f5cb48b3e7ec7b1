//! What stands before a real API server, and passes on whatever it is not there for.

use futures::StreamExt;
use http::{Request, Response, StatusCode};
use http_body_util::{BodyExt, Full, StreamBody, combinators::UnsyncBoxBody};
use hyper::body::{Frame, Incoming};
use kube::{Client, client::Body, config::AuthInfo};
use tenantbench_syncer::client::{Purpose, client};

use crate::support::played_server::Answer;

/// A client of the API server behind, for calls of whoever is before.
pub(crate) fn behind(mut config: kube::Config) -> Client {
    // Whoever calls says who it is.
    config.auth_info = AuthInfo::default();
    client(config, Purpose::Requests).expect("a client")
}

pub(crate) async fn forward(behind: Client, request: Request<Incoming>) -> Answer {
    let (mut head, body) = request.into_parts();
    head.uri = head.uri.path_and_query().expect("a path").as_str().parse().expect("a path");
    let body = body.collect().await.map(|body| body.to_bytes()).unwrap_or_default();
    match behind.send(Request::from_parts(head, Body::from(body))).await {
        Ok(response) => {
            let (head, body) = response.into_parts();
            // A body that breaks off ends: whoever reads it notices.
            let frames = body.into_data_stream().take_while(|part| std::future::ready(part.is_ok()));
            let frames = frames.filter_map(async |part| Some(Ok(Frame::data(part.ok()?))));
            Response::from_parts(head, UnsyncBoxBody::new(StreamBody::new(Box::pin(frames))))
        }
        Err(error) => {
            let mut response = Response::new(UnsyncBoxBody::new(Full::from(error.to_string())));
            *response.status_mut() = StatusCode::BAD_GATEWAY;
            response
        }
    }
}
