//! `config`: what holds in the end.

use clap::Args;

use super::{RunArgs, RunError, print};
use crate::config;

/// Print the configuration that flags, environment, file and defaults make together, as a config file that notes who
/// said what. It holds no secrets: of kubeconfigs and keys only the places.
#[derive(Args, Clone, Debug)]
pub(super) struct ConfigArgs {
    /// Print the JSON Schema of config files instead, for editors.
    #[arg(long)]
    print_schema: bool,

    #[command(flatten)]
    pub(super) run: RunArgs,
}

/// Prints what is asked for.
pub(super) fn run(args: &ConfigArgs) -> Result<(), RunError> {
    let text = if args.print_schema { config::schema()? } else { args.run.effective()?.print()? };
    print(&text)
}
