//! `tenantbench workload`: prints what a tenant would install.

use std::io::Write;

use camino::Utf8PathBuf;
use clap::{Args, Subcommand};

use crate::workload::{
    ray::{self, RayError},
    to_yaml,
};

/// Print a workload's manifests, fit for `kubectl apply --server-side -f -`.
#[derive(Args, Debug)]
pub(super) struct WorkloadArgs {
    #[command(subcommand)]
    workload: Workload,
}

#[derive(Subcommand, Debug)]
enum Workload {
    /// Ray (built-in model): four CRDs and an operator.
    Ray(RayArgs),
}

#[derive(Args, Debug)]
struct RayArgs {
    /// Take the CRDs from the YAML files of this folder instead of the derived ones.
    #[arg(long, value_name = "DIR")]
    crds: Option<Utf8PathBuf>,
    /// The namespace of the operator; it must exist when the manifests are applied.
    #[arg(long, value_name = "NS", default_value = "default")]
    namespace: String,
    /// The operator's image [default: tenantbench.dev/tenantbench with this version].
    #[arg(long)]
    image: Option<String>,
    /// Namespaces that the operator watches [default: all].
    #[arg(long, value_name = "NS", value_delimiter = ',')]
    watch_namespace: Vec<String>,
}

/// A workload that could not be printed.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum WorkloadError {
    /// It could not be put together.
    #[error(transparent)]
    Ray(#[from] RayError),
    /// It could not be written as YAML.
    #[error("cannot write the manifests as YAML: {0}; report this")]
    Yaml(#[from] serde_saphyr::ser::Error),
    /// Nobody reads standard output.
    #[error("cannot write to standard output: {0}; send it to a file or a pipe that is read")]
    Output(#[from] std::io::Error),
}

/// Prints the manifests to standard output.
///
/// # Errors
/// When the CRDs given cannot be used, or standard output is closed.
pub(super) fn run(args: &WorkloadArgs) -> Result<(), WorkloadError> {
    let Workload::Ray(args) = &args.workload;
    let defaults = ray::Options::default();
    let package = ray::package(&ray::Options {
        namespace: args.namespace.clone(),
        image: args.image.clone().unwrap_or_else(|| defaults.image.clone()),
        watch_namespaces: args.watch_namespace.clone(),
        crds: args.crds.clone(),
        ..defaults
    })?;
    let text = to_yaml(package.all())?;
    Ok(std::io::stdout().lock().write_all(text.as_bytes())?)
}

#[cfg(test)]
mod tests {
    use clap::Parser;

    use super::*;

    #[derive(Parser)]
    struct Cli {
        #[command(flatten)]
        args: WorkloadArgs,
    }

    #[test]
    fn the_namespace_and_the_folder_of_crds_are_flags() {
        let cli = Cli::parse_from(["workload", "ray", "--namespace=ray", "--crds=dir"]);
        let Workload::Ray(args) = cli.args.workload;
        assert_eq!((args.namespace.as_str(), args.crds.as_deref()), ("ray", Some("dir".into())));
    }

    #[test]
    fn a_folder_without_crds_is_an_error_that_names_it() {
        let cli = Cli::parse_from(["workload", "ray", "--crds=/nonexistent"]);
        assert!(run(&cli.args).unwrap_err().to_string().contains("/nonexistent"));
    }
}
