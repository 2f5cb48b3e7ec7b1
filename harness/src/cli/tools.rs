//! `tenantbench tools`: the Kubernetes binaries.

use std::path::{Path, PathBuf};

use clap::{Args, Subcommand};
use serde_json::json;
use tabled::{builder::Builder, settings::Style};

use super::{
    exit::{CliError, Code},
    kind::say,
    local::AssetArgs,
    output::{Format, Terminal},
    progress, signals,
};
use crate::{
    assets::{self, Binary, Options, locate},
    host::kind::node_image,
    image::Image,
};

/// Install, list and find the Kubernetes binaries.
#[derive(Args, Debug)]
pub(super) struct ToolsArgs {
    #[command(flatten)]
    assets: AssetArgs,
    #[command(subcommand)]
    verb: ToolsVerb,
}

#[derive(Subcommand, Debug)]
enum ToolsVerb {
    /// Put binaries into the cache: the official release, else built with Go.
    Install {
        /// Which [default: all that are missing].
        binaries: Vec<Binary>,
        /// Also those that are there.
        #[arg(long)]
        force: bool,
    },
    /// Show where each binary comes from.
    List {
        /// How to write it.
        #[arg(long, value_enum, default_value_t)]
        format: Format,
    },
    /// Build the image of kind's nodes where no image registry can be reached; prints what Docker calls it.
    NodeImage {
        /// Also where it is there.
        #[arg(long)]
        force: bool,
    },
    /// Write the container image of this program, for `docker load`, `ctr images import` or a registry; prints its name
    /// and digest.
    Image {
        /// The file: an OCI archive.
        #[arg(long, short, value_name = "FILE", default_value = "tenantbench-image.tar")]
        output: PathBuf,
    },
    /// Print the files of binaries that are there, a line each.
    Path {
        /// Which [default: all].
        binaries: Vec<Binary>,
    },
}

pub(super) async fn run(arguments: ToolsArgs, terminal: &Terminal) -> Result<Code, CliError> {
    let options = arguments.assets.options()?;
    match arguments.verb {
        ToolsVerb::Install { binaries, force } => install(&options, &or_all(binaries), force, terminal).await,
        ToolsVerb::List { format } => list(&options, format, terminal).await,
        ToolsVerb::NodeImage { force } => node_image(&options, force, terminal).await,
        ToolsVerb::Image { output } => image(&output, terminal),
        ToolsVerb::Path { binaries } => path(&options, &or_all(binaries), terminal).await,
    }
}

fn or_all(binaries: Vec<Binary>) -> Vec<Binary> {
    if binaries.is_empty() { Binary::ALL.to_vec() } else { binaries }
}

async fn install(
    options: &Options,
    binaries: &[Binary],
    force: bool,
    terminal: &Terminal,
) -> Result<Code, CliError> {
    let interrupted = signals::shutdown().map_err(|error| CliError::new(Code::Unfit, error.to_string()))?;
    let work = assets::install(options, binaries, force, progress::assets(terminal));
    tokio::select! {
        done = work => done?,
        () = interrupted.cancelled() => return Err(CliError::new(Code::Interrupted, "interrupted; nothing half-done was installed")),
    }
    terminal.note(&format!("binaries are in {}", options.cache.folder().display()));
    Ok(Code::Ok)
}

async fn node_image(options: &Options, force: bool, terminal: &Terminal) -> Result<Code, CliError> {
    let interrupted = signals::shutdown().map_err(|error| CliError::new(Code::Unfit, error.to_string()))?;
    let progress = progress::assets(terminal);
    let image = node_image::build(options, force, progress, say(terminal), &interrupted).await?;
    terminal.data(&image)?;
    Ok(Code::Ok)
}

fn image(output: &Path, terminal: &Terminal) -> Result<Code, CliError> {
    let image = Image::of_this_program()?;
    image.save(output)?;
    terminal.note(&format!("{} has {:.1} MB", output.display(), image.size() as f64 / 1e6));
    terminal.data(&format!("{}@{}", image.reference(), image.digest()))?;
    Ok(Code::Ok)
}

async fn list(options: &Options, format: Format, terminal: &Terminal) -> Result<Code, CliError> {
    let mut table = Builder::default();
    table.push_record(["BINARY", "VERSION", "SOURCE", "FILE"]);
    let mut rows = Vec::new();
    for binary in Binary::ALL {
        let pinned = binary.pinned().to_string();
        match locate(options, binary).await {
            Ok(Some(found)) => {
                let (source, path) = (found.source.to_string(), found.path.display().to_string());
                rows.push(json!({ "binary": binary, "version": found.version, "source": found.source, "path": path }));
                table.push_record([binary.name(), &found.version.to_string(), &source, &path]);
            }
            Ok(None) => {
                rows.push(json!({ "binary": binary, "version": pinned, "source": null, "path": null }));
                table.push_record([binary.name(), &pinned, "not there", "-"]);
            }
            Err(error) => {
                rows.push(json!({ "binary": binary, "version": pinned, "source": null, "path": null, "error": error.to_string() }));
                table.push_record([binary.name(), &pinned, "unusable", &error.to_string()]);
            }
        }
    }
    match format {
        Format::Human => terminal.data(&table.build().with(Style::blank()).to_string())?,
        Format::Json => terminal.json("tenantbench.dev/tools/v1", "binaries", rows)?,
    }
    Ok(Code::Ok)
}

async fn path(options: &Options, binaries: &[Binary], terminal: &Terminal) -> Result<Code, CliError> {
    let mut lines = Vec::new();
    for binary in binaries {
        let found = locate(options, *binary).await?.ok_or_else(|| {
            CliError::new(
                Code::Unfit,
                format!("{binary} is not there; run `tenantbench tools install {binary}`"),
            )
        })?;
        lines.push(found.path.display().to_string());
    }
    terminal.data(&lines.join("\n"))?;
    Ok(Code::Ok)
}
