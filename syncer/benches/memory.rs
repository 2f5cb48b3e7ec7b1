//! What the index holds per pod, in bytes that it asked the allocator for: `cargo bench -p tenantbench-syncer --bench
//! memory`. No timing: one pass, the same on each machine of 64 bits.

use std::{
    alloc::{GlobalAlloc, Layout, System},
    sync::atomic::{AtomicUsize, Ordering},
};

use tenantbench_syncer::{
    index::Index,
    kinds::{Kind, Side},
};

mod ordinary;

/// Counts what is held.
struct Counting;

static HELD: AtomicUsize = AtomicUsize::new(0);

// SAFETY: every call goes on to the system's allocator as it came.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        HELD.fetch_add(layout.size(), Ordering::Relaxed);
        // SAFETY: the caller keeps the contract of `alloc`.
        unsafe { System.alloc(layout) }
    }

    unsafe fn dealloc(&self, place: *mut u8, layout: Layout) {
        HELD.fetch_sub(layout.size(), Ordering::Relaxed);
        // SAFETY: the caller keeps the contract of `dealloc`.
        unsafe { System.dealloc(place, layout) }
    }
}

#[global_allocator]
static ALLOCATOR: Counting = Counting;

fn main() {
    const PODS: usize = 10_000;
    let before = HELD.load(Ordering::Relaxed);
    let mut index = Index::new(ordinary::names(), "10.96.0.7").counting_generations(true);
    let empty = HELD.load(Ordering::Relaxed) - before;
    for side in [Side::Tenant, Side::Host] {
        for n in 0..PODS {
            see(&mut index, side, n);
        }
    }
    let full = HELD.load(Ordering::Relaxed) - before;
    for side in [Side::Tenant, Side::Host] {
        for n in 0..PODS {
            lose(&mut index, side, n);
        }
    }
    let left = HELD.load(Ordering::Relaxed) - before;
    println!("index, empty: {empty} bytes");
    println!("index, {PODS} pods on both sides: {} bytes a pod", (full - empty) / PODS);
    println!("index, when all are gone: {} bytes a pod", left.saturating_sub(empty) / PODS);
}

fn see(index: &mut Index, side: Side, n: usize) {
    index.seen(side, Kind::Pod, &object(side, n));
}

fn lose(index: &mut Index, side: Side, n: usize) {
    index.gone(side, Kind::Pod, &object(side, n));
}

fn object(side: Side, n: usize) -> tenantbench_syncer::object::Object {
    let tenant = ordinary::tenant_pod(n);
    match side {
        Side::Tenant => ordinary::object(&tenant),
        Side::Host => ordinary::object(&ordinary::host_pod(n, &tenant)),
    }
}
