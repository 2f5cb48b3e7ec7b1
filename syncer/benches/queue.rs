//! What a key's way through the queue costs, with one tenant and with a thousand:
//! `cargo bench -p tenantbench-syncer --bench queue`.

use std::hint::black_box;

use criterion::{BatchSize, BenchmarkId, Criterion, Throughput, criterion_group, criterion_main};
use tenantbench_syncer::queue::{Limits, Line, Merge, Queue, TenantId};

struct Nothing;

impl Merge for Nothing {
    fn merge(&mut self, _: Self) {}
}

/// As in the syncer.
const IN_FLIGHT: Limits = Limits { all: 256, of_tenant: 64 };
const KEYS: u32 = 10_000;

fn filled(tenants: u32) -> Queue<u32, Nothing> {
    let mut queue = Queue::new(IN_FLIGHT);
    for tenant in (0..tenants).map(TenantId) {
        queue.add(tenant);
        queue.open(tenant);
    }
    let lines = [Line::Down, Line::Up, Line::Resync];
    (0..KEYS).for_each(|key| queue.push(TenantId(key % tenants), key, lines[key as usize % 3], Nothing));
    queue
}

fn emptied(mut queue: Queue<u32, Nothing>) -> u32 {
    let mut taken = 0;
    while let Some((tenant, key, _)) = queue.pop() {
        queue.done(tenant, &key, false);
        taken += 1;
    }
    assert_eq!(taken, KEYS);
    taken
}

fn queue(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("queue");
    group.throughput(Throughput::Elements(u64::from(KEYS)));
    for tenants in [1, 1000] {
        group.bench_with_input(BenchmarkId::new("push", tenants), &tenants, |bench, tenants| {
            bench.iter(|| filled(black_box(*tenants)));
        });
        group.bench_with_input(BenchmarkId::new("pop and done", tenants), &tenants, |bench, tenants| {
            bench.iter_batched(|| filled(*tenants), emptied, BatchSize::LargeInput);
        });
    }
    group.finish();
}

criterion_group!(benches, queue);
criterion_main!(benches);
