//! What a RayCluster asks for in all: the sum over its head and the workers it should have.

use k8s_openapi::{api::core::v1::PodTemplateSpec, apimachinery::pkg::api::resource::Quantity};

use super::desired;
use crate::workload::ray::api::v1::RayCluster;

/// The sums that the status shows.
pub(super) struct Totals {
    pub(super) cpu: Quantity,
    pub(super) memory: Quantity,
    pub(super) gpu: Quantity,
    pub(super) tpu: Quantity,
}

/// Adds up limits, or requests where a container has no limit.
pub(super) fn desired(cluster: &RayCluster) -> Totals {
    let sum = |wanted: &dyn Fn(&str) -> bool| -> i128 {
        let groups = cluster.spec.worker_group_specs.as_deref().unwrap_or_default();
        let workers = groups.iter().map(|group| {
            let count = i128::try_from(desired::workers(group)).unwrap_or(i128::MAX);
            of_template(&group.template, wanted).saturating_mul(count)
        });
        workers.fold(of_template(&cluster.spec.head_group_spec.template, wanted), i128::saturating_add)
    };
    Totals {
        cpu: decimal(sum(&|name| name == "cpu")),
        memory: binary(sum(&|name| name == "memory")),
        gpu: decimal(sum(&|name| name.ends_with("gpu"))),
        tpu: decimal(sum(&|name| name == "google.com/tpu")),
    }
}

/// In thousandths.
fn of_template(template: &PodTemplateSpec, wanted: &dyn Fn(&str) -> bool) -> i128 {
    let Some(spec) = &template.spec else { return 0 };
    let mut sum = 0_i128;
    for resources in spec.containers.iter().filter_map(|container| container.resources.as_ref()) {
        let limits = resources.limits.clone().unwrap_or_default();
        let requests = resources.requests.clone().unwrap_or_default();
        let unlimited = requests.iter().filter(|(name, _)| !limits.contains_key(*name));
        for (_, quantity) in limits.iter().chain(unlimited).filter(|(name, _)| wanted(name)) {
            sum = sum.saturating_add(thousandths(&quantity.0).unwrap_or_default());
        }
    }
    sum
}

/// Reads `1500m`, `0.5`, `2Gi`, `1e3`. What is finer than a thousandth is rounded up, as the API server does.
fn thousandths(text: &str) -> Option<i128> {
    let split =
        text.find(|c: char| !(c.is_ascii_digit() || matches!(c, '.' | '+' | '-'))).unwrap_or(text.len());
    let (number, suffix) = text.split_at(split);
    let number: f64 = number.parse().ok()?;
    let scale = match suffix {
        "" => 1.0,
        "n" => 1e-9,
        "u" => 1e-6,
        "m" => 1e-3,
        "k" => 1e3,
        "M" => 1e6,
        "G" => 1e9,
        "T" => 1e12,
        "P" => 1e15,
        "E" => 1e18,
        "Ki" => 1024.0,
        "Mi" => 1024_f64.powi(2),
        "Gi" => 1024_f64.powi(3),
        "Ti" => 1024_f64.powi(4),
        "Pi" => 1024_f64.powi(5),
        "Ei" => 1024_f64.powi(6),
        exponent => 10_f64.powi(exponent.strip_prefix(['e', 'E'])?.parse().ok()?),
    };
    Some((number * scale * 1000.0).ceil() as i128)
}

fn decimal(thousandths: i128) -> Quantity {
    if thousandths % 1000 == 0 {
        Quantity((thousandths / 1000).to_string())
    } else {
        Quantity(format!("{thousandths}m"))
    }
}

fn binary(thousandths: i128) -> Quantity {
    let bytes = thousandths / 1000;
    let fits = |unit: &&(i128, &str)| bytes != 0 && bytes % unit.0 == 0;
    match [(1 << 30, "Gi"), (1 << 20, "Mi"), (1 << 10, "Ki")].iter().find(fits) {
        Some((unit, suffix)) => Quantity(format!("{}{suffix}", bytes / unit)),
        None => Quantity(bytes.to_string()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quantities_are_read_in_every_form() {
        let cases =
            [("1", 1000), ("250m", 250), ("0.5", 500), ("1e3", 1_000_000), ("2Ki", 2_048_000), ("1u", 1)];
        for (text, expected) in cases {
            assert_eq!(thousandths(text), Some(expected), "{text}");
        }
        assert_eq!(thousandths("many"), None);
    }

    #[test]
    fn sums_are_written_in_the_largest_unit_that_is_exact() {
        assert_eq!(decimal(40).0, "40m");
        assert_eq!(decimal(3000).0, "3");
        assert_eq!(binary((128 << 20) * 1000).0, "128Mi");
        assert_eq!(binary(0).0, "0");
        assert_eq!(binary(1_000_000).0, "1000");
    }
}
