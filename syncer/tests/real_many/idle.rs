//! What tenants cost of whom nothing is asked:
//! `cargo test --workspace --test real_many -- --ignored --nocapture idle_tenants`.

use std::{
    path::PathBuf,
    time::{Duration, Instant},
};

use serde_json::json;

use crate::{
    double::Double,
    support::{SyncerProgram, authority_in, served::get, soon},
    told::until_ready,
};

/// How long so many tenants may take to be ready.
pub(crate) const LIMIT: Duration = Duration::from_secs(300);

/// Tenants in all after each step.
const STEPS: [usize; 4] = [0, 1, 100, 1000];

#[derive(Debug)]
struct Cost {
    memory: f64,
    files: f64,
    cpu: f64,
}

/// The value of a metric that has no labels.
fn value(metrics: &str, name: &str) -> f64 {
    let found = metrics.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(' '));
    found.and_then(|value| value.parse().ok()).unwrap_or_else(|| panic!("no {name}"))
}

async fn cost(syncer: &SyncerProgram) -> Cost {
    let metrics = get(syncer.address, "/metrics").await.text;
    Cost {
        memory: value(&metrics, "process_resident_memory_bytes") / 1024.0 / 1024.0,
        files: value(&metrics, "process_open_fds"),
        cpu: value(&metrics, "process_cpu_seconds_total"),
    }
}

/// A syncer whose host and tenants are a test double.
struct Lab {
    syncer: SyncerProgram,
    double: Double,
    tenants: PathBuf,
    kubeconfig: String,
    _folder: tempfile::TempDir,
}

impl Lab {
    async fn start(everywhere: bool) -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        authority_in(folder.path());
        let double = Double::start(folder.path(), everywhere).await;
        let kubeconfig = json!({
            "apiVersion": "v1", "kind": "Config", "current-context": "c",
            "clusters": [{"name": "c", "cluster": {
                "server": format!("https://{}", double.server.address), "certificate-authority": folder.path().join("ca.crt"),
            }}],
            "users": [{"name": "c", "user": {"token": "t"}}],
            "contexts": [{"name": "c", "context": {"cluster": "c", "user": "c"}}],
        })
        .to_string();
        let host = folder.path().join("host.kubeconfig");
        fs_err::write(&host, &kubeconfig).expect("is written");
        let tenants = folder.path().join("tenants");
        fs_err::create_dir(&tenants).expect("is made");
        let flags = [
            "--service=vc".to_owned(),
            "--node-address=127.0.0.1".to_owned(),
            "--host-namespace=tenant-{tenant}".to_owned(),
            format!("--host-kubeconfig={}", host.display()),
            format!("--tenants-dir={}", tenants.display()),
        ];
        let syncer = SyncerProgram::spawn(folder.path(), flags.into_iter());
        syncer.serves().await;
        Lab { syncer, double, tenants, kubeconfig, _folder: folder }
    }

    /// Adds a tenant of this number.
    fn add(&self, number: usize) {
        let file = self.tenants.join(format!("t{number}.kubeconfig"));
        fs_err::write(file, &self.kubeconfig).expect("is written");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_host_is_asked_for_twenty_lists_at_once_at_most() {
    let lab = Lab::start(false).await;
    (0..12).for_each(|number| lab.add(number));
    until_ready(&lab.syncer, 12, LIMIT).await;
    // A tenant that is ready lists them for its watch, and then looks for those that were left behind.
    soon("all to be listed", async {
        while lab.double.lists_of_tokens() < 2 * 12 {
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
    })
    .await;
    let most = lab.double.most_lists_at_once();
    assert!((2..=20).contains(&most), "{most}");
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "a measurement of about a minute, not a check"]
async fn idle_tenants_of_a_test_double_are_counted_in_memory_and_sockets() {
    eprintln!("one test double for the host and for all tenants; every list empty, every watch silent");
    for (everywhere, words) in
        [(true, "one watch of the host for each kind"), (false, "each tenant's namespace watched by itself")]
    {
        eprintln!("{words}:");
        count(&Lab::start(everywhere).await).await;
    }
}

async fn count(lab: &Lab) {
    let syncer = &lab.syncer;
    let mut there = 0;
    for wanted in STEPS {
        let began = Instant::now();
        for number in there..wanted {
            lab.add(number);
        }
        there = wanted;
        until_ready(&lab.syncer, wanted, LIMIT).await;
        let took = began.elapsed().as_secs_f64();
        // What connecting took is given back a little later.
        tokio::time::sleep(Duration::from_secs(5)).await;
        let before = cost(syncer).await;
        tokio::time::sleep(Duration::from_secs(10)).await;
        let Cost { memory, files, cpu } = cost(syncer).await;
        let cores = (cpu - before.cpu) / 10.0;
        eprintln!(
            "{wanted} idle tenants: ready in {took:.1} s, {memory:.1} MiB resident, {files} open files, {cores:.3} cores"
        );
    }
}
