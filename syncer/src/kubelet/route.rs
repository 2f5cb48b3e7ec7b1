//! From a kubelet's request to the host's. Pure.

use crate::index::Id;

/// What a kubelet is asked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Route {
    /// Whether it lives.
    Healthy,
    /// The pods of a node.
    Pods,
    /// The same, of those that run, in short.
    RunningPods,
    /// A page of metrics, by its path on the host's kubelet.
    Metrics(&'static str),
    /// The node's and its pods' figures as a document.
    Summary,
    /// Something of a pod.
    Pod {
        /// The tenant's pod.
        id: Id,
        /// The host's subresource of it.
        subresource: &'static str,
        /// The host's query.
        query: String,
    },
}

/// Pages of metrics in the Prometheus text format.
const METRICS: [&str; 4] = ["/metrics", "/metrics/cadvisor", "/metrics/resource", "/metrics/probes"];

/// The host's subresource of a pod that answers with its log.
pub(super) const LOG: &str = "log";

/// Where a node's figures as a document are.
pub(super) const SUMMARY: &str = "/stats/summary";

/// Parameters of logs, which have the same names on both sides.
const LOG_PARAMETERS: [&str; 8] =
    ["follow", "limitBytes", "previous", "sinceSeconds", "sinceTime", "stream", "tailLines", "timestamps"];

/// A kubelet's names for an API server's parameters of exec and attach.
const STREAMS: [(&str, &str); 4] =
    [("input", "stdin"), ("output", "stdout"), ("error", "stderr"), ("tty", "tty")];

/// Reads a path and query; none for what is not served.
pub(super) fn route(path: &str, query: &str) -> Option<Route> {
    let parts: Vec<&str> = path.trim_matches('/').split('/').collect();
    let parameters = || query.split('&').filter(|parameter| !parameter.is_empty());
    match parts.as_slice() {
        ["healthz"] => Some(Route::Healthy),
        ["pods"] => Some(Route::Pods),
        ["runningpods"] => Some(Route::RunningPods),
        ["stats", "summary"] => Some(Route::Summary),
        ["metrics", ..] => METRICS.into_iter().find(|page| *page == path).map(Route::Metrics),
        ["containerLogs", namespace, pod, container] if is_name(container) => {
            let kept = parameters()
                .filter(|parameter| LOG_PARAMETERS.contains(&name_of(parameter)))
                .map(str::to_owned);
            let query = join(std::iter::once(format!("container={container}")).chain(kept));
            Some(Route::Pod { id: id(namespace, pod)?, subresource: LOG, query })
        }
        [verb @ ("exec" | "attach"), namespace, pod, container] if is_name(container) => {
            let kept = parameters().filter_map(stream_parameter);
            let query = join(std::iter::once(format!("container={container}")).chain(kept));
            let subresource = if *verb == "exec" { "exec" } else { "attach" };
            Some(Route::Pod { id: id(namespace, pod)?, subresource, query })
        }
        ["portForward", namespace, pod] => {
            let ports = parameters().filter(|parameter| name_of(parameter) == "port");
            let query = join(ports.map(|parameter| parameter.replacen("port=", "ports=", 1)));
            Some(Route::Pod { id: id(namespace, pod)?, subresource: "portforward", query })
        }
        _ => None,
    }
}

/// The node that is meant, by the address that the caller asked its API server for: `X-Forwarded-Uri`. All Nodes of a
/// tenant are one endpoint, and a kubelet's paths do not name it.
pub(super) fn node(forwarded: &str) -> Option<&str> {
    let named = forwarded.strip_prefix("/api/v1/nodes/")?.split('/').next()?;
    // NAME, NAME:PORT or SCHEME:NAME:PORT.
    let mut parts = named.split(':');
    let name = match (parts.next(), parts.next(), parts.next()) {
        (_, Some(name), Some(_)) => name,
        (first, ..) => first?,
    };
    is_name(name).then_some(name)
}

fn id(namespace: &str, pod: &str) -> Option<Id> {
    (is_name(namespace) && is_name(pod)).then(|| Id::new(namespace, pod))
}

/// What can be a name, and so cannot end a path's segment or a query's parameter.
fn is_name(text: &str) -> bool {
    !text.is_empty()
        && text.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || matches!(b, b'-' | b'.'))
}

fn stream_parameter(parameter: &str) -> Option<String> {
    let name = name_of(parameter);
    if name == "command" {
        return Some(parameter.to_owned());
    }
    let (_, on_host) = STREAMS.iter().find(|(kubelet, _)| *kubelet == name)?;
    let is_on = matches!(parameter.split_once('=').map(|(_, value)| value), Some("1" | "true"));
    Some(format!("{on_host}={is_on}"))
}

fn name_of(parameter: &str) -> &str {
    parameter.split_once('=').map_or(parameter, |(name, _)| name)
}

fn join(parameters: impl Iterator<Item = String>) -> String {
    parameters.collect::<Vec<_>>().join("&")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pod(subresource: &'static str, query: &str) -> Option<Route> {
        Some(Route::Pod { id: Id::new("ns", "web"), subresource, query: query.to_owned() })
    }

    #[test]
    fn logs_keep_their_parameters() {
        assert_eq!(
            route("/containerLogs/ns/web/c", "follow=true&tailLines=5&insecureSkipTLSVerifyBackend=true"),
            pod("log", "container=c&follow=true&tailLines=5")
        );
    }

    #[test]
    fn exec_takes_the_api_servers_names() {
        assert_eq!(
            route("/exec/ns/web/c", "command=sh&command=-c&command=echo+a%26b&error=1&input=1&output=1"),
            pod(
                "exec",
                "container=c&command=sh&command=-c&command=echo+a%26b&stderr=true&stdin=true&stdout=true"
            )
        );
    }

    #[test]
    fn port_forward_renames_its_ports() {
        assert_eq!(
            route("/portForward/ns/web", "port=8080&port=9090"),
            pod("portforward", "ports=8080&ports=9090")
        );
    }

    #[test]
    fn nothing_else_is_served_and_no_path_can_be_climbed() {
        for path in [
            "/",
            "/configz",
            "/pods/ns",
            "/metrics/slis",
            "/logs/",
            "/run/ns/web/c",
            "/exec/ns/web",
            "/exec/../kube-system/etcd/c/d",
            "/exec/ns/%2e%2e/c",
        ] {
            assert_eq!(route(path, ""), None, "{path}");
        }
    }

    #[test]
    fn a_nodes_own_pages_are_served() {
        for (path, expected) in [
            ("/metrics", Route::Metrics("/metrics")),
            ("/metrics/cadvisor", Route::Metrics("/metrics/cadvisor")),
            ("/metrics/resource", Route::Metrics("/metrics/resource")),
            ("/metrics/probes", Route::Metrics("/metrics/probes")),
            ("/stats/summary", Route::Summary),
            ("/pods", Route::Pods),
            ("/runningpods/", Route::RunningPods),
        ] {
            assert_eq!(route(path, "only_cpu_and_memory=true"), Some(expected), "{path}");
        }
    }

    #[test]
    fn the_node_is_the_one_that_the_api_server_was_asked_for() {
        for (forwarded, expected) in [
            ("/api/v1/nodes/n-1.example/proxy/metrics", Some("n-1.example")),
            ("/api/v1/nodes/https:n-1:10250/proxy/pods", Some("n-1")),
            ("/api/v1/nodes/n-1:10250/proxy/pods", Some("n-1")),
            ("/api/v1/nodes/n%2f1/proxy/pods", None),
            ("/api/v1/namespaces/n-1/pods", None),
            ("", None),
        ] {
            assert_eq!(node(forwarded), expected, "{forwarded}");
        }
    }

    #[test]
    fn a_container_cannot_add_parameters() {
        assert_eq!(route("/containerLogs/ns/web/c&follow=true", ""), None);
    }
}
