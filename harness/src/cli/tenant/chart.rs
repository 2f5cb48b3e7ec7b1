//! `tenantbench tenant chart`.

use std::path::PathBuf;

use clap::Args;

use super::Terminal;
use crate::{
    cli::exit::{CliError, Code},
    tenancy::vcluster::chart,
};

/// Where to.
#[derive(Args, Debug)]
pub(super) struct ChartArgs {
    /// The folder of the chart; made where it is missing.
    folder: PathBuf,
}

pub(super) fn run(arguments: &ChartArgs, terminal: &Terminal) -> Result<Code, CliError> {
    let files = chart::files().map_err(|error| CliError::new(Code::Bug, error.to_string()))?;
    for (name, text) in files {
        let path = arguments.folder.join(name);
        let folder = path.parent().unwrap_or(&arguments.folder);
        let written = fs_err::create_dir_all(folder).and_then(|()| fs_err::write(&path, text));
        written.map_err(|error| CliError::new(Code::ResultsNotWritten, error.to_string()))?;
        terminal.data(&path.display().to_string())?;
    }
    terminal.note(&format!("`helm install NAME {}` makes a virtual cluster", arguments.folder.display()));
    Ok(Code::Ok)
}
