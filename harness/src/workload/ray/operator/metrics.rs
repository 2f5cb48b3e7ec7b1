//! Counters in Prometheus' text form.

use std::sync::atomic::{AtomicU64, Ordering};

/// What the operator counts.
#[derive(Debug, Default)]
pub(super) struct Metrics {
    reconciled: AtomicU64,
    failed: AtomicU64,
    pods_created: AtomicU64,
}

impl Metrics {
    pub(super) fn reconciled(&self) {
        self.reconciled.fetch_add(1, Ordering::Relaxed);
    }

    pub(super) fn failed(&self) {
        self.failed.fetch_add(1, Ordering::Relaxed);
    }

    pub(super) fn pods_created(&self, count: usize) {
        self.pods_created.fetch_add(count as u64, Ordering::Relaxed);
    }

    /// The page at `/metrics`.
    pub(super) fn text(&self, leading: bool) -> String {
        let counters = [
            ("tenantbench_ray_reconciles_total", "Reconciliations that ended well.", &self.reconciled),
            ("tenantbench_ray_reconcile_errors_total", "Reconciliations that are tried again.", &self.failed),
            ("tenantbench_ray_pods_created_total", "Pods created.", &self.pods_created),
        ];
        let mut text = String::new();
        for (name, help, counter) in counters {
            let value = counter.load(Ordering::Relaxed);
            text.push_str(&format!("# HELP {name} {help}\n# TYPE {name} counter\n{name} {value}\n"));
        }
        let name = "tenantbench_ray_leading";
        let help = "Whether this process holds the lease.";
        text.push_str(&format!("# HELP {name} {help}\n# TYPE {name} gauge\n{name} {}\n", u8::from(leading)));
        text
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_metric_has_its_help_type_and_value() {
        let metrics = Metrics::default();
        metrics.pods_created(4);
        let text = metrics.text(true);
        assert!(text.contains(
            "# TYPE tenantbench_ray_pods_created_total counter\ntenantbench_ray_pods_created_total 4\n"
        ));
        assert!(text.ends_with("tenantbench_ray_leading 1\n"));
    }
}
