//! Where a verb runs: the flags that say which host, and what must be there before one can start.

use std::{path::PathBuf, time::Duration};

use clap::{Args, ValueEnum};
use tokio_util::sync::CancellationToken;

use super::{
    exit::CliError,
    kind::KindArgs,
    local::{AssetArgs, LocalArgs, seconds},
    output::Terminal,
};
use crate::{
    assets::{Assets, Binary},
    host::{
        Blueprint, HostError, HostKind, HostSpec,
        folder::RunName,
        kind::{KindBlueprint, NodeImage, cluster, fitness::Fitness},
        state::runs_folder,
    },
};

/// Which host.
#[derive(Args, Clone, Debug)]
pub struct PlaceArgs {
    /// Where it runs.
    #[arg(long, value_enum, default_value_t, env = "TENANTBENCH_HOST")]
    pub host: HostChoice,
    /// How long the host may take to come up [default: 60 for local, 300 for kind].
    #[arg(long, env = "TENANTBENCH_START_TIMEOUT", value_name = "SECONDS", value_parser = seconds)]
    pub start_timeout: Option<Duration>,
    #[command(flatten)]
    #[expect(missing_docs, reason = "clap would show the text as a heading")]
    pub assets: AssetArgs,
    #[command(flatten)]
    #[expect(missing_docs, reason = "clap would show the text as a heading")]
    pub local: LocalArgs,
    #[command(flatten)]
    #[expect(missing_docs, reason = "clap would show the text as a heading")]
    pub kind: KindArgs,
}

/// The kinds of host that can be asked for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub enum HostChoice {
    /// kind where it works, else local; it says which, and why.
    #[default]
    Auto,
    /// Real control plane processes with simulated nodes.
    Local,
    /// A kind cluster in Docker, with real nodes.
    Kind,
}

/// A place in which hosts can be started: everything that they need is there.
#[derive(Clone, Debug)]
pub struct Place {
    args: PlaceArgs,
    needs: Needs,
    executable: PathBuf,
    runs: PathBuf,
}

#[derive(Clone, Debug)]
enum Needs {
    Local(Assets),
    Kind { program: PathBuf, image: NodeImage },
}

impl PlaceArgs {
    /// Chooses the kind of host, and finds or obtains what it needs.
    ///
    /// # Errors
    /// What the machine lacks; [`HostError::Interrupted`] when `shutdown` is cancelled first.
    pub async fn prepare(
        &self,
        terminal: &Terminal,
        shutdown: &CancellationToken,
    ) -> Result<Place, CliError> {
        let chosen = tokio::select! {
            chosen = self.choose(terminal) => chosen?,
            () = shutdown.cancelled() => return Err(HostError::Interrupted.into()),
        };
        let needs = match chosen {
            HostKind::Local => tokio::select! {
                assets = self.assets.resolve(&Binary::SERVERS, terminal) => Needs::Local(assets?),
                () = shutdown.cancelled() => return Err(HostError::Interrupted.into()),
            },
            HostKind::Kind => {
                let (program, image) = self.kind.prepare(&self.assets, terminal, shutdown).await?;
                Needs::Kind { program, image }
            }
        };
        let executable = std::env::current_exe()
            .map_err(|error| HostError::Supervisor(format!("cannot be found: {error}")))?;
        Ok(Place { args: self.clone(), needs, executable, runs: runs_folder().map_err(HostError::from)? })
    }
}

impl PlaceArgs {
    /// The kind of host that was asked for, or the best that works here.
    async fn choose(&self, terminal: &Terminal) -> Result<HostKind, CliError> {
        match self.host {
            HostChoice::Local => Ok(HostKind::Local),
            HostChoice::Kind => Ok(HostKind::Kind),
            HostChoice::Auto => Ok(match Fitness::look(&self.assets.options()?).await.surprise() {
                None => {
                    terminal.note("host: kind, for Docker answers and a node image is there; --host local needs neither");
                    HostKind::Kind
                }
                Some(reason) => {
                    terminal.note(&format!("host: local, and not kind: {reason}"));
                    HostKind::Local
                }
            }),
        }
    }
}

impl Place {
    /// The kind of host that starts here.
    pub fn kind(&self) -> HostKind {
        match self.needs {
            Needs::Local(_) => HostKind::Local,
            Needs::Kind { .. } => HostKind::Kind,
        }
    }

    /// The host of this name. Should it not come up, its logs go to `logs`.
    ///
    /// # Errors
    /// None but bugs.
    pub fn spec(&self, name: RunName, logs: Option<PathBuf>) -> Result<HostSpec, CliError> {
        let blueprint = match &self.needs {
            Needs::Local(assets) => self.args.local.blueprint(assets)?,
            Needs::Kind { program, image } => Blueprint::Kind(KindBlueprint {
                cluster: cluster(&self.runs, &name),
                program: program.clone(),
                image: image.clone(),
                profile: self.args.kind.cluster,
            }),
        };
        Ok(HostSpec {
            name,
            runs: self.runs.clone(),
            executable: self.executable.clone(),
            start_timeout: self.args.start_timeout.unwrap_or(usual_limit(self.kind())),
            logs,
            blueprint,
        })
    }
}

/// How long a host may take where nobody says otherwise.
fn usual_limit(kind: HostKind) -> Duration {
    match kind {
        HostKind::Local => Duration::from_secs(60),
        HostKind::Kind => Duration::from_secs(300),
    }
}
