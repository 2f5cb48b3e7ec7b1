//! The machine that figures come from.

use procfs::{Current, LoadAverage, Meminfo};
use tenantbench_reports::Machine;

/// What bears on every figure that is measured here.
pub fn machine() -> Machine {
    let cores = std::thread::available_parallelism().map_or(1, |cores| cores.get() as u32);
    let kernel = procfs::sys::kernel::Version::current();
    Machine {
        cores,
        memory_bytes: Meminfo::current().map_or(0, |memory| memory.mem_total),
        kernel: kernel.map_or_else(
            |_| "unknown".into(),
            |version| format!("{}.{}.{}", version.major, version.minor, version.patch),
        ),
        load_1m: LoadAverage::current().map_or(0.0, |load| f64::from(load.one)),
        build: if cfg!(debug_assertions) { "debug" } else { "release" }.into(),
    }
}

/// Memory that can be had on this machine without swapping, in bytes; 0 where the kernel does not say, so that nobody
/// takes what may not be there.
pub fn available_memory() -> u64 {
    Meminfo::current().ok().and_then(|memory| memory.mem_available).unwrap_or_default()
}
