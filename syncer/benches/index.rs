//! What it costs to take in a pod as both sides tell of it: `cargo bench -p tenantbench-syncer --bench index`.

use std::hint::black_box;

use criterion::{BatchSize, BenchmarkId, Criterion, Throughput, criterion_group, criterion_main};
use tenantbench_syncer::{
    index::{Id, Index},
    kinds::{Kind, Side},
    object::Object,
};

mod ordinary;

fn pods(count: usize) -> Vec<(Object, Object)> {
    let pair = |n| {
        let tenant = ordinary::tenant_pod(n);
        let host = ordinary::host_pod(n, &tenant);
        (ordinary::object(&tenant), ordinary::object(&host))
    };
    (0..count).map(pair).collect()
}

fn taken_in(pods: &[(Object, Object)]) -> Index {
    let mut index = Index::new(ordinary::names(), "10.96.0.7").counting_generations(true);
    for (tenant, host) in pods {
        assert!(!index.seen(Side::Tenant, Kind::Pod, tenant).is_empty());
        assert!(!index.seen(Side::Host, Kind::Pod, host).is_empty());
    }
    index
}

fn index(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("index");
    for count in [100, 10_000] {
        let pods = pods(count);
        group.throughput(Throughput::Elements(count as u64));
        group.bench_with_input(BenchmarkId::new("pods of both sides", count), &pods, |bench, pods| {
            bench.iter_batched(|| (), |()| taken_in(black_box(pods)), BatchSize::LargeInput);
        });
        let index = taken_in(&pods);
        group.bench_with_input(BenchmarkId::new("found", count), &index, |bench, index| {
            let id = Id::new("default", "web-7c5ddbdf54-00042");
            bench.iter(|| index.pods.get(black_box(&id)));
        });
    }
    group.finish();
}

criterion_group!(benches, index);
criterion_main!(benches);
