//! The way to the host's kubelets, which a Role cannot open.

use http::{Request, Response, StatusCode, header};
use hyper::Uri;
use k8s_openapi::api::core::v1::Node;
use kube::{Api, Client, Config, client::Body};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::client::{ClientError, Purpose, client};

/// Whether the tenant is shown the figures that host kubelets keep of its pods, and by which way they are asked.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, clap::ValueEnum, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum NodeMetrics {
    /// No; the built-in admin cannot read them.
    #[default]
    Off,
    /// The kubelets themselves, at their nodes' addresses. Needs nodes/metrics and nodes/stats, and kubelets whose
    /// serving certificates the host's authority has signed.
    Kubelet,
    /// Through the host's API server. Needs nodes/proxy, with which one may also exec into any pod of the host.
    Proxy,
}

/// The way, with what it takes.
#[derive(Clone)]
pub enum Reach {
    /// Closed.
    Off,
    /// By the host's API server.
    Proxy(Client),
    /// By the nodes' addresses, with the credentials for the host's API.
    Kubelet {
        /// The host's API, which knows the addresses.
        host: Client,
        /// Credentials and authority.
        config: Box<Config>,
    },
}

/// A host kubelet that gave no figures.
#[derive(Debug, thiserror::Error)]
pub(super) enum ReachError {
    #[error("the host does not answer: {0}")]
    Silent(Box<kube::Error>),
    #[error("{node} has no address of type InternalIP")]
    NoAddress { node: String },
    #[error("the host answers {status}{remedy}", remedy = remedy(*status))]
    Status { status: StatusCode },
    #[error("{0}")]
    Client(#[from] ClientError),
}

impl From<kube::Error> for ReachError {
    fn from(error: kube::Error) -> Self {
        match error {
            kube::Error::Api(status) => Self::Status {
                status: StatusCode::from_u16(status.code).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR),
            },
            error => Self::Silent(Box::new(error)),
        }
    }
}

fn remedy(status: StatusCode) -> &'static str {
    match status {
        StatusCode::UNAUTHORIZED | StatusCode::FORBIDDEN => {
            "; bind the ClusterRole that `tenantbench-syncer role` prints for --node-metrics"
        }
        _ => "",
    }
}

impl Reach {
    /// The way that `metrics` names.
    pub fn new(metrics: NodeMetrics, host: Client, config: &Config) -> Self {
        match metrics {
            NodeMetrics::Off => Self::Off,
            NodeMetrics::Proxy => Self::Proxy(host),
            NodeMetrics::Kubelet => Self::Kubelet { host, config: Box::new(config.clone()) },
        }
    }

    /// Whether there is a way at all.
    pub(super) fn is_open(&self) -> bool {
        !matches!(self, Self::Off)
    }

    /// What the host's kubelet on `node` answers for `path`, as it comes.
    pub(super) async fn get(&self, node: &str, path: &str) -> Result<Body, ReachError> {
        let answer = match self {
            Self::Off => return Err(ReachError::Status { status: StatusCode::FORBIDDEN }),
            Self::Proxy(host) => ask(host, &format!("/api/v1/nodes/{node}/proxy{path}")).await?,
            Self::Kubelet { host, config } => {
                let object = Api::<Node>::all(host.clone()).get(node).await?;
                let mut config = (**config).clone();
                config.cluster_url =
                    address(&object).ok_or_else(|| ReachError::NoAddress { node: node.to_owned() })?;
                ask(&client(config, Purpose::Upgrades)?, path).await?
            }
        };
        match answer.status() {
            StatusCode::OK => Ok(answer.into_body()),
            status => Err(ReachError::Status { status }),
        }
    }
}

/// Only the text format can be read line by line; a scraper's own wishes are not passed on.
async fn ask(client: &Client, path: &str) -> Result<Response<Body>, ReachError> {
    let request =
        Request::get(path).header(header::ACCEPT, "text/plain;version=0.0.4, application/json;q=0.5");
    let request = request.body(Body::empty()).map_err(kube::Error::HttpError)?;
    Ok(client.send(request).await?)
}

fn address(node: &Node) -> Option<Uri> {
    let status = node.status.as_ref()?;
    let ip = status.addresses.iter().flatten().find(|address| address.type_ == "InternalIP")?;
    let port = status.daemon_endpoints.as_ref()?.kubelet_endpoint.as_ref()?.port;
    let host = if ip.address.contains(':') { format!("[{}]", ip.address) } else { ip.address.clone() };
    format!("https://{host}:{port}").parse().ok()
}
