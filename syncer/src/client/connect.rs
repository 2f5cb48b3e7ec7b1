//! A kube client over a fixed number of HTTP/2 connections.

use std::{
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    task::{Context, Poll},
    time::Duration,
};

use futures::future::BoxFuture;
use http::{Request, Response, Uri};
use hyper::body::Incoming;
use hyper_rustls::{FixedServerNameResolver, HttpsConnector, MaybeHttpsStream};
use hyper_util::{
    client::legacy::{self, ResponseFuture, connect::HttpConnector},
    rt::{TokioExecutor, TokioIo, TokioTimer},
};
use kube::{
    Client, Config,
    client::{Body, ConfigExt},
};
use rustls_pki_types::ServerName;
use tokio::net::TcpStream;
use tower::{BoxError, Service, ServiceBuilder, util::MapRequestLayer};

use super::{ClientError, token_file::TokenFile};

/// A peer that is silent this long is asked whether it lives, so that a dead API server ends its watches.
const PING_EVERY: Duration = Duration::from_secs(15);
/// How long it has to answer.
const PING_TIMEOUT: Duration = Duration::from_secs(15);
/// How long opening a connection may take, TLS included: a stopped API server's kernel still accepts it.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(10);

type Connection = legacy::Client<Connector, Body>;

pub(super) fn http2(config: &Config, connections: usize) -> Result<Client, ClientError> {
    let pool = Pool::new(config, connections)?;
    let token = config.auth_info.token_file.as_deref().map(TokenFile::new);
    let auth = if token.is_none() { config.auth_layer().map_err(ClientError::credentials)? } else { None };
    let service = ServiceBuilder::new()
        .layer(config.base_uri_layer())
        .option_layer(auth)
        .option_layer(token.map(|token| MapRequestLayer::new(move |request| token.sign(request))))
        .layer(config.extra_headers_layer().map_err(ClientError::credentials)?)
        .map_err(BoxError::from)
        .service(pool);
    Ok(Client::new(service, config.default_namespace.clone()))
}

/// Takes its connections in turn. Each one is a pool of its own that never opens a second connection, for HTTP/2
/// carries all streams on one.
#[derive(Clone)]
struct Pool {
    connections: Arc<[Connection]>,
    next: Arc<AtomicUsize>,
}

impl Pool {
    fn new(config: &Config, connections: usize) -> Result<Self, ClientError> {
        let connector = connector(config)?;
        let connections = (0..connections.max(1)).map(|_| connection(connector.clone())).collect();
        Ok(Self { connections, next: Arc::default() })
    }
}

impl Service<Request<Body>> for Pool {
    type Response = Response<Incoming>;
    type Error = legacy::Error;
    type Future = ResponseFuture;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Self::Error>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: Request<Body>) -> Self::Future {
        let turn = self.next.fetch_add(1, Ordering::Relaxed) % self.connections.len();
        self.connections[turn].request(request)
    }
}

/// Opens connections, in bounded time.
#[derive(Clone)]
struct Connector(HttpsConnector<HttpConnector>);

impl Service<Uri> for Connector {
    type Response = MaybeHttpsStream<TokioIo<TcpStream>>;
    type Error = BoxError;
    type Future = BoxFuture<'static, Result<Self::Response, BoxError>>;

    fn poll_ready(&mut self, context: &mut Context<'_>) -> Poll<Result<(), BoxError>> {
        self.0.poll_ready(context)
    }

    fn call(&mut self, uri: Uri) -> Self::Future {
        let connecting = tokio::time::timeout(CONNECT_TIMEOUT, self.0.call(uri));
        Box::pin(async move { connecting.await? })
    }
}

fn connection(connector: Connector) -> Connection {
    legacy::Client::builder(TokioExecutor::new())
        .http2_only(true)
        .timer(TokioTimer::new())
        .http2_keep_alive_interval(PING_EVERY)
        .http2_keep_alive_timeout(PING_TIMEOUT)
        .http2_keep_alive_while_idle(true)
        .build(connector)
}

fn connector(config: &Config) -> Result<Connector, ClientError> {
    let mut tls = config.rustls_client_config().map_err(ClientError::credentials)?;
    tls.alpn_protocols = vec![b"h2".to_vec()];
    let mut tcp = HttpConnector::new();
    tcp.enforce_http(false);
    tcp.set_nodelay(true);
    tcp.set_connect_timeout(config.connect_timeout);
    let Some(name) = &config.tls_server_name else {
        return Ok(Connector(HttpsConnector::from((tcp, tls))));
    };
    let name = ServerName::try_from(name.clone())
        .map_err(|error| ClientError::credentials(kube::Error::Service(error.into())))?;
    Ok(Connector(HttpsConnector::new(tcp, tls, false, Arc::new(FixedServerNameResolver::new(name)))))
}
