//! Whether the host gives addresses from the tenant's service range. Only making a Service tells; a dry run does not.

use std::net::Ipv4Addr;

use k8s_openapi::api::core::v1::Service;
use kube::{
    Api, Client,
    api::{DeleteParams, PostParams},
};
use rand::RngExt;
use serde_json::json;

use super::{RunError, prepare::until_answered};
use crate::names::{Names, marks};

/// Makes a Service with an address of `range` and deletes it.
///
/// # Errors
/// [`RunError::Range`] where the host's range is another.
pub(super) async fn service_range(host: &Client, names: &Names, range: &str) -> Result<(), RunError> {
    let address = any_address(range).ok_or_else(|| RunError::RangeForm(range.to_owned()))?;
    let name = names.host("probe", "service-range");
    let api: Api<Service> = Api::namespaced(host.clone(), names.host_namespace());
    let service: Service = serde_json::from_value(json!({
        "metadata": { "name": name, "labels": marks::scope(names, "probe") },
        "spec": { "clusterIP": address.to_string(), "ports": [{ "port": 9 }] },
    }))
    .map_err(|_| RunError::RangeForm(range.to_owned()))?;
    // One that an earlier run left behind is in the way.
    let remove = || async { api.delete(&name, &DeleteParams::default()).await.map(|_| ()) };
    let result = match until_made(&api, &service).await {
        Err(RunError::Refused { reason, .. }) if is_about_range(&reason) => {
            return Err(RunError::Range { range: range.to_owned(), reason });
        }
        // Taken is in the range.
        Err(RunError::Refused { reason, .. }) if reason.contains("already allocated") => return Ok(()),
        other => other,
    };
    let removed = remove().await;
    if let Err(error) = removed {
        tracing::warn!(service = name, %error, "the probe of the service range is left behind");
    }
    result
}

async fn until_made(api: &Api<Service>, service: &Service) -> Result<(), RunError> {
    let params = PostParams::default();
    let made = until_answered("making a Service", || async {
        match api.create(&params, service).await {
            Err(kube::Error::Api(status)) if status.reason == "AlreadyExists" => Ok(()),
            other => other.map(|_| ()),
        }
    });
    made.await
}

fn is_about_range(reason: &str) -> bool {
    ["does not match the current range", "not in the valid range", "The range of valid IPs"]
        .iter()
        .any(|words| reason.contains(words))
}

/// An address of the upper part of a range, where API servers do not look first.
fn any_address(range: &str) -> Option<Ipv4Addr> {
    let (base, bits) = range.split_once('/')?;
    let base = u32::from(base.parse::<Ipv4Addr>().ok()?);
    let bits: u32 = bits.parse().ok().filter(|bits| (8..=29).contains(bits))?;
    let size = 1u32 << (32 - bits);
    let base = base & !(size - 1);
    Some(Ipv4Addr::from(base + rand::rng().random_range(size / 2..size - 1)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_probed_address_is_inside_the_range_and_not_its_end() {
        for _ in 0..200 {
            let address = u32::from(any_address("10.96.0.0/24").expect("a range"));
            let base = u32::from(Ipv4Addr::new(10, 96, 0, 0));
            assert!((base + 128..base + 255).contains(&address));
        }
    }

    #[test]
    fn what_is_no_range_is_told() {
        for wrong in ["10.96.0.0", "10.96.0.0/99", "x/16", "10.96.0.0/31"] {
            assert_eq!(any_address(wrong), None, "{wrong}");
        }
    }
}
