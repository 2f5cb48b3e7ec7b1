//! `tenantbench tenant create`.

use std::path::PathBuf;

use clap::Args;

use super::{TargetArgs, Terminal};
use crate::{
    cli::exit::{CliError, Code},
    tenancy::vcluster::{PlaneNames, TenantName, Values, life},
};

/// What the virtual cluster is to be.
#[derive(Args, Debug)]
pub(super) struct CreateArgs {
    /// Its name.
    name: TenantName,
    #[command(flatten)]
    values: ValueArgs,
    /// Return as soon as the objects are there.
    #[arg(long)]
    no_wait: bool,
}

/// Values from a file and from flags, which win.
#[derive(Args, Debug)]
pub(super) struct ValueArgs {
    /// A file of values, YAML or JSON; `tenant chart` writes one with all defaults.
    #[arg(long, value_name = "FILE")]
    values: Option<PathBuf>,
    /// The Service of its API [default: its name].
    #[arg(long, value_name = "NAME")]
    service_name: Option<String>,
    /// The StatefulSet of its plane, which owns all that it has on the host [default: its name].
    #[arg(long, value_name = "NAME")]
    owning_statefulset: Option<String>,
    /// The Secret that gets its admin's kubeconfig [default: NAME-kubeconfig].
    #[arg(long, value_name = "NAME")]
    out_kube_config_secret: Option<String>,
    /// Another name or address by which its API is reached; may be repeated.
    #[arg(long, value_name = "NAME", value_delimiter = ',')]
    tls_san: Vec<String>,
    /// The end of the names of its objects on the host [default: its name].
    #[arg(long)]
    suffix: Option<String>,
}

impl ValueArgs {
    /// The values that hold.
    pub(super) fn values(self) -> Result<Values, CliError> {
        let mut values = match &self.values {
            None => Values::default(),
            Some(file) => {
                let text = fs_err::read_to_string(file)
                    .map_err(|error| CliError::new(Code::Usage, format!("no values: {error}")))?;
                Values::parse(&text).map_err(|error| {
                    CliError::new(Code::Usage, format!("values in {} are wrong: {error}", file.display()))
                })?
            }
        };
        let flags = [
            (&mut values.service_name, self.service_name),
            (&mut values.stateful_set_name, self.owning_statefulset),
            (&mut values.kubeconfig_secret, self.out_kube_config_secret),
            (&mut values.suffix, self.suffix),
        ];
        for (value, flag) in flags {
            if let Some(flag) = flag {
                *value = flag;
            }
        }
        values.tls_sans.extend(self.tls_san);
        Ok(values)
    }
}

pub(super) async fn run(
    arguments: CreateArgs,
    target: &TargetArgs,
    terminal: &Terminal,
) -> Result<Code, CliError> {
    let target = target.target()?;
    let (name, values) = (arguments.name, arguments.values.values()?);
    let begun = std::time::Instant::now();
    let site = target.site().await?;
    let names = PlaneNames::new(name.as_str(), &target.namespace, &values);
    terminal.note(&format!("making {name} in namespace {}", target.namespace));
    life::apply(&site, &names, &values).await?;
    if arguments.no_wait {
        return Ok(Code::Ok);
    }
    life::ready(&site, &names, target.limit, &|text| terminal.note(text)).await?;
    terminal.note(&format!(
        "{name} is ready after {:.1} s; `tenantbench tenant connect {name} -n {}` leads into it",
        begun.elapsed().as_secs_f64(),
        target.namespace,
    ));
    Ok(Code::Ok)
}
