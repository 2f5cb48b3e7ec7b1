//! The process, under the names that every exporter of processes uses.

use std::time::SystemTime;

use procfs::process::Process as OfSystem;
use prometheus_client::{
    collector::Collector,
    encoding::{DescriptorEncoder, EncodeMetric},
    metrics::{MetricType, counter::ConstCounter, gauge::ConstGauge},
    registry::Unit,
};

#[derive(Debug)]
pub(super) struct Process {
    started: SystemTime,
}

impl Default for Process {
    fn default() -> Self {
        Self { started: SystemTime::now() }
    }
}

impl Collector for Process {
    fn encode(&self, mut encoder: DescriptorEncoder<'_>) -> std::fmt::Result {
        let started = self.started.duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default().as_secs_f64();
        gauge(
            &mut encoder,
            "process_start_time",
            "When it started, since 1970",
            Some(&Unit::Seconds),
            started,
        )?;
        // Without /proc the rest is left out.
        let Ok(process) = OfSystem::myself() else { return Ok(()) };
        if let Ok(descriptors) = process.fd_count() {
            gauge(&mut encoder, "process_open_fds", "Open file descriptors", None, descriptors as f64)?;
        }
        let Ok(stat) = process.stat() else { return Ok(()) };
        let memory = (stat.rss * procfs::page_size()) as f64;
        gauge(
            &mut encoder,
            "process_resident_memory",
            "Memory that is resident",
            Some(&Unit::Bytes),
            memory,
        )?;
        let cpu = (stat.utime + stat.stime) as f64 / procfs::ticks_per_second() as f64;
        let help = "Processor time that was used";
        let metric =
            encoder.encode_descriptor("process_cpu", help, Some(&Unit::Seconds), MetricType::Counter)?;
        ConstCounter::new(cpu).encode(metric)
    }
}

fn gauge(
    encoder: &mut DescriptorEncoder<'_>,
    name: &str,
    help: &str,
    unit: Option<&Unit>,
    value: f64,
) -> std::fmt::Result {
    let metric = encoder.encode_descriptor(name, help, unit, MetricType::Gauge)?;
    ConstGauge::new(value).encode(metric)
}
