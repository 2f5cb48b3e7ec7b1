//! A host node's metrics, cut down to the tenant's: the Prometheus text format, line by line. Pure.
//!
//! A sample stays if it is about one of the tenant's pods or claims, under the tenant's names. All others go: what is
//! not about a pod is about the machine, and so about everyone on it.

use std::collections::HashSet;

use super::own::{Own, Scope};
use crate::index::Id;

/// Samples about the scrape itself, which say nothing of anyone.
const OF_THE_SCRAPE: [&str; 2] = ["scrape_error", "resource_scrape_error"];

/// A line that is longer is none of a kubelet's.
const LONGEST_LINE: usize = 64 * 1024;

/// Takes text in pieces of any size and gives out whole lines.
#[derive(Debug)]
pub(super) struct Filter {
    scope: Scope,
    /// The beginning of a line whose end has not come.
    rest: Vec<u8>,
    /// Whether the line at hand is too long and its end is awaited.
    skips: bool,
    /// What was said about a family of which no sample has been kept yet.
    pending: Option<Family>,
    /// Families that have been described, so that none is twice where several nodes follow each other.
    described: HashSet<String>,
}

#[derive(Debug)]
struct Family {
    name: String,
    lines: String,
}

impl Filter {
    pub(super) fn new(scope: Scope) -> Self {
        Self { scope, rest: Vec::new(), skips: false, pending: None, described: HashSet::new() }
    }

    /// Takes in a piece; returns what of the lines that end in it is the tenant's.
    pub(super) fn take(&mut self, piece: &[u8]) -> String {
        let mut out = String::new();
        for part in piece.split_inclusive(|byte| *byte == b'\n') {
            if self.rest.len() + part.len() > LONGEST_LINE {
                self.skips = true;
                self.rest.clear();
            }
            if !self.skips {
                self.rest.extend_from_slice(part);
            }
            if part.ends_with(b"\n") {
                let line = std::mem::take(&mut self.rest);
                if !std::mem::take(&mut self.skips) {
                    self.line(&String::from_utf8_lossy(&line), &mut out);
                }
            }
        }
        out
    }

    /// One node's text is over.
    pub(super) fn end(&mut self) -> String {
        self.pending = None;
        self.take(b"\n")
    }

    fn line(&mut self, line: &str, out: &mut String) {
        let line = line.trim_end();
        if let Some(comment) = line.strip_prefix('#') {
            self.comment(comment, line);
        } else if let Some(sample) = self.sample(line) {
            self.describe(&sample, out);
            out.push_str(&sample);
            out.push('\n');
        }
    }

    fn comment(&mut self, comment: &str, line: &str) {
        let mut words = comment.split_whitespace();
        let (Some("HELP" | "TYPE"), Some(name)) = (words.next(), words.next()) else { return };
        match &mut self.pending {
            Some(family) if family.name == name => {
                family.lines.push_str(line);
                family.lines.push('\n');
            }
            pending => *pending = Some(Family { name: name.to_owned(), lines: format!("{line}\n") }),
        }
    }

    fn describe(&mut self, sample: &str, out: &mut String) {
        if let Some(family) = self.pending.take_if(|family| sample.starts_with(&family.name))
            && self.described.insert(family.name)
        {
            out.push_str(&family.lines);
        }
    }

    /// A sample under the tenant's names; none if it is not about the tenant.
    fn sample(&self, line: &str) -> Option<String> {
        let Some((name, rest)) = line.split_once('{') else {
            let name = line.split_whitespace().next()?;
            return OF_THE_SCRAPE.contains(&name).then(|| line.to_owned());
        };
        let (labels, value) = labels(rest)?;
        let get = |key: &str| labels.iter().find(|(name, _)| *name == key).map(|(_, value)| *value);
        let namespace = get("namespace")?;
        let renamed: Vec<String> = match get("pod").filter(|pod| !pod.is_empty()) {
            Some(pod) => {
                let own = self.scope.pod(namespace, pod).filter(|own| is_tenants(own, get("container")))?;
                labels.iter().map(|(key, value)| self.of_pod(own, pod, key, value)).collect()
            }
            None => {
                let claim = self.scope.claim(namespace, get("persistentvolumeclaim")?)?;
                labels.iter().map(|(key, value)| of_claim(claim, key, value)).collect()
            }
        };
        Some(format!("{name}{{{}}}{value}", renamed.join(",")))
    }

    fn of_pod(&self, own: &Own, host_name: &str, key: &str, value: &str) -> String {
        let value = match key {
            "namespace" => (*own.id.namespace).to_owned(),
            "pod" => (*own.id.name).to_owned(),
            // Paths of cgroups and names of containers hold the pod's uid and name, some with underscores.
            _ => value
                .replace(&own.host_uid, &own.uid)
                .replace(&own.host_uid.replace('-', "_"), &own.uid.replace('-', "_"))
                .replace(&format!("{host_name}_{}", self.scope.host_namespace), &joined(&own.id))
                .replace(host_name, &own.id.name),
        };
        format!("{key}=\"{value}\"")
    }
}

fn joined(id: &Id) -> String {
    format!("{}_{}", id.name, id.namespace)
}

/// Whether a container is one that the tenant has asked for, or stands for the pod as a whole.
fn is_tenants(own: &Own, container: Option<&str>) -> bool {
    container.is_none_or(|name| name.is_empty() || name == "POD" || own.containers.contains(name))
}

fn of_claim(claim: &Id, key: &str, value: &str) -> String {
    match key {
        "namespace" => format!("{key}=\"{}\"", claim.namespace),
        "persistentvolumeclaim" => format!("{key}=\"{}\"", claim.name),
        _ => format!("{key}=\"{value}\""),
    }
}

/// The labels after a sample's opening brace, values as they are escaped, and what follows the closing one. None for
/// what is no such text.
fn labels(text: &str) -> Option<(Vec<(&str, &str)>, &str)> {
    let mut labels = Vec::new();
    let mut rest = text;
    loop {
        rest = rest.trim_start_matches([' ', ',']);
        if let Some(value) = rest.strip_prefix('}') {
            return Some((labels, value));
        }
        let (key, quoted) = rest.split_once("=\"")?;
        let end = end_of_quote(quoted)?;
        labels.push((key, &quoted[..end]));
        rest = &quoted[end + 1..];
    }
}

/// Where the quote closes: at the first one that no backslash precedes.
fn end_of_quote(text: &str) -> Option<usize> {
    let mut escaped = false;
    text.bytes().position(|byte| {
        let closes = byte == b'"' && !escaped;
        escaped = byte == b'\\' && !escaped;
        closes
    })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn scope() -> Scope {
        let own = Own {
            id: Id::new("shop", "web"),
            uid: "t-u1".to_owned(),
            host_uid: "h-u2".to_owned(),
            node: "n".to_owned(),
            containers: HashSet::from(["c".to_owned()]),
        };
        Scope {
            host_namespace: "host-ns".to_owned(),
            pods: [("web-x-shop-x-vc".to_owned(), own)].into(),
            claims: [("data-x-shop-x-vc".to_owned(), Id::new("shop", "data"))].into(),
        }
    }

    fn filtered(text: &str) -> String {
        Filter::new(scope()).take(text.as_bytes())
    }

    #[test]
    fn samples_of_own_pods_stay_under_the_tenants_names() {
        let cases = [
            (
                r#"a{container="c",namespace="host-ns",pod="web-x-shop-x-vc"} 1 1700"#,
                r#"a{container="c",namespace="shop",pod="web"} 1 1700"#,
            ),
            (
                r#"a{id="/kubepods/podh-u2/x",namespace="host-ns",pod="web-x-shop-x-vc",uid="h-u2"} 1"#,
                r#"a{id="/kubepods/podt-u1/x",namespace="shop",pod="web",uid="t-u1"} 1"#,
            ),
            (
                r#"a{id="kubepods-podh_u2.slice",container="POD",namespace="host-ns",pod="web-x-shop-x-vc"} 1"#,
                r#"a{id="kubepods-podt_u1.slice",container="POD",namespace="shop",pod="web"} 1"#,
            ),
            (
                r#"a{name="k8s_c_web-x-shop-x-vc_host-ns_h-u2_0",namespace="host-ns",pod="web-x-shop-x-vc"} 1"#,
                r#"a{name="k8s_c_web_shop_t-u1_0",namespace="shop",pod="web"} 1"#,
            ),
            (
                r#"a{le="} \" x",namespace="host-ns",pod="web-x-shop-x-vc",} NaN"#,
                r#"a{le="} \" x",namespace="shop",pod="web"} NaN"#,
            ),
            (
                r#"kubelet_volume_stats_used_bytes{namespace="host-ns",persistentvolumeclaim="data-x-shop-x-vc"} 5"#,
                r#"kubelet_volume_stats_used_bytes{namespace="shop",persistentvolumeclaim="data"} 5"#,
            ),
            ("scrape_error 0", "scrape_error 0"),
        ];
        for (line, expected) in cases {
            assert_eq!(filtered(&format!("{line}\n")), format!("{expected}\n"), "{line}");
        }
    }

    #[test]
    fn what_is_not_the_tenants_is_gone() {
        for line in [
            "node_cpu_usage_seconds_total 12",
            r#"machine_memory_bytes{machine_id="m"} 1"#,
            r#"a{id="/",container="",namespace="",pod=""} 1"#,
            r#"a{namespace="host-ns",pod="other"} 1"#,
            r#"a{namespace="elsewhere",pod="web-x-shop-x-vc"} 1"#,
            r#"a{pod="web-x-shop-x-vc"} 1"#,
            r#"a{namespace="host-ns"} 1"#,
            r#"a{container="injected-by-the-host",namespace="host-ns",pod="web-x-shop-x-vc"} 1"#,
            r#"a{namespace="elsewhere",persistentvolumeclaim="data-x-shop-x-vc"} 1"#,
            r#"a{namespace="host-ns",persistentvolumeclaim="other"} 1"#,
            r#"a{namespace="host-ns",pod="web-x-shop-x-vc" 1"#,
            r#"{"quoted.name",namespace="host-ns",pod="other"} 1"#,
            "# EOF",
            "",
        ] {
            assert_eq!(filtered(&format!("{line}\n")), "", "{line}");
        }
    }

    #[test]
    fn a_family_is_described_once_and_only_with_samples() {
        let mine = r#"a_bucket{namespace="host-ns",pod="web-x-shop-x-vc"} 1"#;
        let text =
            format!("# HELP b B.\n# TYPE b gauge\nb 1\n# HELP a A.\n# TYPE a histogram\n{mine}\n{mine}\n");
        let mut filter = Filter::new(scope());
        let kept = r#"a_bucket{namespace="shop",pod="web"} 1"#;
        assert_eq!(
            filter.take(text.as_bytes()),
            format!("# HELP a A.\n# TYPE a histogram\n{kept}\n{kept}\n")
        );
        assert_eq!(filter.end(), "");
        assert_eq!(filter.take(text.as_bytes()), format!("{kept}\n{kept}\n"));
    }

    #[test]
    fn a_line_without_end_is_not_kept_in_memory() {
        let mut filter = Filter::new(scope());
        for _ in 0..100 {
            assert_eq!(filter.take(&[b'x'; LONGEST_LINE / 2]), "");
            assert!(filter.rest.len() <= LONGEST_LINE);
        }
        assert_eq!(filter.take(b"\nscrape_error 1\n"), "scrape_error 1\n");
    }

    proptest! {
        #[test]
        fn where_the_text_is_cut_makes_no_difference(cuts in prop::collection::vec(0usize..300, 0..8)) {
            let text = "# TYPE a gauge\na{namespace=\"host-ns\",pod=\"web-x-shop-x-vc\"} 1\nb{pod=\"x\"} 1\nscrape_error 0\n";
            let mut cuts: Vec<usize> = cuts.into_iter().map(|cut| cut.min(text.len())).collect();
            cuts.sort_unstable();
            let mut filter = Filter::new(scope());
            let mut out = String::new();
            let mut from = 0;
            for cut in cuts.into_iter().chain([text.len()]) {
                out.push_str(&filter.take(&text.as_bytes()[from..cut]));
                from = cut;
            }
            prop_assert_eq!(out, filtered(text));
        }

        #[test]
        fn no_text_makes_it_panic_or_tell_of_others(text in r#"[ab{}=",\\ #\n]{0,80}"#) {
            let out = Filter::new(Scope::default()).take(text.as_bytes());
            prop_assert_eq!(out, "");
        }
    }
}
