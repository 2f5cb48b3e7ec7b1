//! `tenantbench tenant create`.

use std::path::PathBuf;

use clap::Args;

use super::{TargetArgs, Terminal, interrupt::Making};
use crate::{
    apply::ApplyError,
    cli::exit::{CliError, Code},
    tenancy::{
        TenancyError,
        vcluster::{
            PlaneNames, TenantName, Values,
            life::{self, Site},
        },
    },
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
    let (name, mut values) = (arguments.name, arguments.values.values()?);
    let begun = std::time::Instant::now();
    let site = target.site().await?;
    values.images = life::fitting(&site, &values.images).await?;
    let names = PlaneNames::new(name.as_str(), &target.namespace, &values);
    terminal.note(&format!("making {name} in namespace {}", target.namespace));
    let made = async {
        life::apply(&site, &names, &values).await.map_err(|error| explained(error, &target.namespace))?;
        if arguments.no_wait {
            return Ok(());
        }
        match life::ready(&site, &names, target.limit, &|text| terminal.note(text)).await {
            Ok(()) => Ok(()),
            Err(error) => Err(not_ready(error, &site, &names).await),
        }
    };
    let making = Making { target: &target, site: &site, names: &names, terminal };
    making.unless_interrupted(made).await?;
    if arguments.no_wait {
        return Ok(Code::Ok);
    }
    terminal.note(&format!(
        "{name} is ready after {:.1} s; `{}` leads into it",
        begun.elapsed().as_secs_f64(),
        target.command("connect", &names),
    ));
    Ok(Code::Ok)
}

/// What most often stands in the way of the first object.
fn explained(error: TenancyError, namespace: &str) -> CliError {
    let missing = format!("namespaces \"{namespace}\" not found");
    if error.to_string().contains(&missing) {
        return CliError::new(Code::Usage, format!("there is no namespace {namespace} on the host"))
            .hint("name another with -n, or have it made; a virtual cluster lives in one that is there");
    }
    if matches!(&error, TenancyError::Apply(ApplyError::Refused(refusal)) if refusal.object.starts_with("resourcequotas"))
    {
        return CliError::from(error).hint(
            "`quota` in the values needs the right to write ResourceQuotas, which the built-in `admin` role lacks: leave it out, or have the platform set the namespace's quota",
        );
    }
    if error.to_string().contains("exceeded quota") {
        let hint = format!(
            "the quota of namespace {namespace} has no room for that; ask for less, or ask whoever set it for more"
        );
        return CliError::from(error).hint(hint);
    }
    CliError::from(error).hint("making a virtual cluster takes the built-in `admin` role in its namespace")
}

/// What the host complains of, such as a quota that lets no pod be made.
async fn not_ready(error: TenancyError, site: &Site, names: &PlaneNames) -> CliError {
    let name = &names.cluster;
    // Who may not ask hears what is known already.
    let warnings = match life::find(site, name).await {
        Ok(found) => life::describe(site, &found).await.map(|description| description.warnings),
        Err(error) => Err(error),
    };
    CliError::from(error).log(&warnings.unwrap_or_default()).hint(format!(
        "`tenantbench tenant describe {name} -n {0}` says how it is, `tenant delete {name} -n {0}` removes it",
        names.namespace,
    ))
}
