//! `tenantbench tenant manifests`.

use clap::Args;
use kube::api::DynamicObject;
use serde_json::Value;

use super::{TargetArgs, Terminal, create::ValueArgs};
use crate::{
    cli::exit::{CliError, Code},
    tenancy::{
        TenancyError,
        vcluster::{PlaneNames, TenantName, custom, objects::objects},
    },
    workload::to_yaml,
};

/// What the virtual cluster is to be.
#[derive(Args, Debug)]
pub(super) struct ManifestsArgs {
    /// Its name.
    name: TenantName,
    #[command(flatten)]
    values: ValueArgs,
}

/// Needs no cluster: the objects hold no key and no address.
pub(super) fn run(
    arguments: ManifestsArgs,
    target: &TargetArgs,
    terminal: &Terminal,
) -> Result<Code, CliError> {
    let values = arguments.values.values()?;
    let names = PlaneNames::new(arguments.name.as_str(), &target.namespace_alone(), &values);
    print(objects(&names, &values), terminal)
}

/// What the platform installs, once, with rights in the whole host.
pub(super) fn operator(target: &TargetArgs, terminal: &Terminal) -> Result<Code, CliError> {
    print(custom::manifests(&target.namespace_alone()), terminal)
}

fn print(objects: Vec<Value>, terminal: &Terminal) -> Result<Code, CliError> {
    let objects = objects.into_iter().map(serde_json::from_value);
    let objects: Vec<DynamicObject> =
        objects.collect::<Result<_, _>>().map_err(TenancyError::object("virtual cluster"))?;
    let text = to_yaml(objects.iter()).map_err(|error| {
        CliError::new(Code::Bug, format!("cannot write YAML: {error}; please report this"))
    })?;
    terminal.data(&text)?;
    Ok(Code::Ok)
}
