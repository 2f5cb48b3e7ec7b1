//! kind clusters on this machine's Docker engine. Skipped, with the reason, where there is none or no node image.

#![expect(clippy::unwrap_used, reason = "a panic is how a test fails")]

#[path = "../lab/mod.rs"]
mod lab;

#[path = "../real_tenant/developer.rs"]
mod developer;
#[path = "../real_tenant/names.rs"]
mod names;

mod clean;
mod host;
mod verbs;

use std::{
    path::Path,
    process::Command,
    sync::{Mutex, MutexGuard, PoisonError},
};

use lab::Lab;
use tenantbench::{
    assets::Options,
    host::kind::{
        self,
        fitness::{Fitness, Source},
    },
};

/// One cluster at a time: a small machine has no more.
static TURN: Mutex<()> = Mutex::new(());

/// A lab whose hosts are kind clusters.
struct KindLab {
    lab: Lab,
    image: String,
    _turn: MutexGuard<'static, ()>,
}

impl KindLab {
    /// None where there can be no cluster; says why.
    fn new() -> Option<Self> {
        let turn = TURN.lock().unwrap_or_else(PoisonError::into_inner);
        match image() {
            Ok(image) => Some(Self { lab: Lab::new(), image, _turn: turn }),
            Err(reason) => {
                println!("skipped: {reason}");
                None
            }
        }
    }

    fn up(&self) -> Command {
        self.lab.command(&["host", "up", "--host", "kind", "--node-image", &self.image])
    }

    /// The two customers, each in a virtual cluster.
    fn scenario(&self) -> Command {
        let image = ["--host", "kind", "--node-image", &self.image];
        let results = self.lab.path("results");
        let fixed = ["scenario", "two-customers", "--models", "vcluster", "--results"];
        self.lab.command(&[&fixed[..], &[results.to_str().unwrap()], &image].concat())
    }

    fn runs(&self) -> std::path::PathBuf {
        self.lab.path("state/runs")
    }

    /// Every container, network and volume that the lab's clusters have in Docker.
    fn in_docker(&self) -> Vec<String> {
        in_docker(&self.runs())
    }
}

fn in_docker(runs: &Path) -> Vec<String> {
    let filter = format!("name={}", kind::prefix(runs));
    let mut all = lines(&["ps", "--all", "--format", "{{.Names}}", "--filter", &filter]);
    all.extend(lines(&["network", "ls", "--format", "{{.Name}}", "--filter", &filter]));
    all
}

/// What docker prints.
fn lines(arguments: &[&str]) -> Vec<String> {
    let output = Command::new("docker").args(arguments).output().unwrap();
    assert!(output.status.success(), "docker {arguments:?}: {output:?}");
    String::from_utf8(output.stdout).unwrap().lines().map(str::to_owned).collect()
}

/// The node image to use, or why there can be no cluster.
fn image() -> Result<String, String> {
    let options = Options::from_env(None).map_err(|error| error.to_string())?;
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let fitness = runtime.block_on(Fitness::look(&options));
    let engine = fitness.engine.map_err(|error| error.to_string());
    engine?;
    if let Ok(named) = std::env::var("TENANTBENCH_NODE_IMAGE") {
        return Ok(named);
    }
    match fitness.image? {
        Source::There(image) => Ok(image.reference().to_owned()),
        Source::ToBeHad(how) => Err(format!("there is no node image; it is {how}")),
    }
}
