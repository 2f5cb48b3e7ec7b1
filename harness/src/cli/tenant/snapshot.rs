//! `tenantbench tenant snapshot` and `restore`.

use std::{io::Write, os::unix::fs::OpenOptionsExt, path::PathBuf};

use clap::Args;

use super::{
    TargetArgs, Terminal,
    create::ValueArgs,
    interrupt::{self, Making},
};
use crate::{
    cli::exit::{CliError, Code},
    tenancy::{
        TenancyError,
        vcluster::{
            PlaneNames, TenantName, life,
            store::{Dump, put_away, take_away},
        },
    },
};

/// What to save, and where.
#[derive(Args, Debug)]
pub(super) struct SnapshotArgs {
    /// The virtual cluster's name.
    #[arg(add = super::complete::names())]
    name: TenantName,
    /// The file; it holds the virtual cluster's Secrets, and only its owner may read it.
    file: PathBuf,
}

/// What to restore, and as what.
#[derive(Args, Debug)]
pub(super) struct RestoreArgs {
    /// The name of the virtual cluster that is made; there must be none of it.
    name: TenantName,
    /// A file of `snapshot`.
    file: PathBuf,
    #[command(flatten)]
    values: ValueArgs,
}

pub(super) async fn snapshot(
    arguments: &SnapshotArgs,
    target: &TargetArgs,
    terminal: &Terminal,
) -> Result<Code, CliError> {
    let (target, name, file) = (target.target()?, &arguments.name, &arguments.file);
    let site = target.site().await?;
    let names = target.awake(life::find(&site, name.as_str()).await?)?;
    let taken = async {
        terminal.note(&format!("reading the store of {name}"));
        Ok(life::snapshot(&site, &target.upgrades().await?, &names).await?)
    };
    let then = format!("no snapshot was taken, and {} is as it was", file.display());
    let bytes = interrupt::or_say(&then, taken).await?;
    let dump = Dump::unpack(&bytes)
        .map_err(|error| CliError::new(Code::HostFailed, format!("the dump of {name} {error}")))?;
    let mut options = fs_err::OpenOptions::new();
    options.create(true).truncate(true).write(true);
    options.options_mut().mode(0o600);
    let written = options.open(file).and_then(|mut file| file.write_all(&bytes));
    written.map_err(|error| CliError::new(Code::ResultsNotWritten, error.to_string()))?;
    terminal.data(&file.display().to_string())?;
    terminal.note(&format!("{} keys, {} kB", dump.header.keys, bytes.len() / 1000));
    Ok(Code::Ok)
}

pub(super) async fn restore(
    arguments: RestoreArgs,
    target: &TargetArgs,
    terminal: &Terminal,
) -> Result<Code, CliError> {
    let (target, name, file) = (target.target()?, arguments.name, arguments.file);
    let wrong = |error: String| CliError::new(Code::Usage, format!("{}: {error}", file.display()));
    let bytes = fs_err::read(&file).map_err(|error| wrong(error.to_string()))?;
    let header = Dump::unpack(&bytes).map_err(|error| wrong(error.to_string()))?.header;
    let mut values = arguments.values.values()?;
    let site = target.site().await?;
    match life::find(&site, name.as_str()).await {
        Err(TenancyError::Unknown { .. }) => {}
        Ok(_) => {
            let text = format!("{name} is there; delete it, or restore under another name");
            return Err(CliError::new(Code::Usage, text));
        }
        Err(error) => return Err(error.into()),
    }
    terminal
        .note(&format!("restoring {name} from {} keys of {} at {}", header.keys, header.name, header.taken));
    let place = (target.namespace.as_str(), name.as_str());
    values.images = life::fitting(&site, &values.images).await?;
    let names = PlaneNames::new(name.as_str(), &target.namespace, &values);
    let made = async {
        put_away(site.host.client(), place, None, &bytes).await.map_err(TenancyError::from)?;
        life::apply(&site, &names, &values).await?;
        life::ready(&site, &names, target.limit, &|text| terminal.note(text)).await?;
        Ok(take_away(site.host.client(), place).await.map_err(TenancyError::from)?)
    };
    let making = Making { target: &target, site: &site, names: &names, terminal };
    making.unless_interrupted(made).await?;
    terminal.note(&format!("{name} is ready, with the objects of {}", header.name));
    Ok(Code::Ok)
}
