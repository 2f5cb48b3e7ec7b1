//! What one pod's translation costs, both ways: `cargo bench -p tenantbench-syncer --bench translation`.

#![expect(clippy::expect_used, reason = "a bench that cannot begin ends")]

use std::hint::black_box;

use criterion::{Criterion, criterion_group, criterion_main};
use serde_json::Value;
use tenantbench_syncer::translate::pod;

mod ordinary;

fn translation(criterion: &mut Criterion) {
    let ownership = ordinary::ownership();
    let ordinary_pod = ordinary::tenant_pod(1);
    let maximal: Value =
        serde_json::from_str(include_str!("../tests/tables/maximal_pod.json")).expect("a pod");
    let mut group = criterion.benchmark_group("pod");
    group.bench_function("read from the wire", |bench| {
        let text = ordinary_pod.to_string();
        bench.iter(|| ordinary::object(black_box(&serde_json::from_str::<Value>(&text).expect("JSON"))));
    });
    for (name, tree) in [("ordinary", &ordinary_pod), ("maximal", &maximal)] {
        group.bench_function(format!("{name}, down"), |bench| {
            ordinary::around(&ownership, |around| bench.iter(|| pod::host(black_box(tree), around)));
        });
        group.bench_function(format!("{name}, what it names"), |bench| {
            bench.iter(|| pod::needs(black_box(tree)));
        });
    }
    group.finish();
}

criterion_group!(benches, translation);
criterion_main!(benches);
