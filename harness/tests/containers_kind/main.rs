//! kind clusters on this machine's Docker engine. Skipped, with the reason, where there is none or no node image.

#![expect(clippy::unwrap_used, reason = "a panic is how a test fails")]

#[path = "../lab/mod.rs"]
mod lab;

mod clean;
mod host;

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
    let list = |arguments: &[&str]| {
        let output = Command::new("docker").args(arguments).args(["--filter", &filter]).output().unwrap();
        String::from_utf8(output.stdout).unwrap().lines().map(str::to_owned).collect::<Vec<_>>()
    };
    let mut all = list(&["ps", "--all", "--format", "{{.Names}}"]);
    all.extend(list(&["network", "ls", "--format", "{{.Name}}"]));
    all
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
