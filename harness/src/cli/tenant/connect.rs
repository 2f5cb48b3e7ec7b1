//! `tenantbench tenant connect`.

use std::{ffi::OsString, path::PathBuf, process::ExitCode};

use clap::Args;
use kube::config::Kubeconfig;

use super::{TargetArgs, Terminal, inside, interrupt, target::Target};
use crate::{
    cli::{
        exit::{CliError, Code},
        signals,
    },
    tenancy::{
        kubeconfig_file,
        vcluster::{
            PlaneNames, TenantName,
            life::{self, Site, reached_at},
            reach::{self, Place, ReachError},
        },
    },
};

/// Where to, and how.
#[derive(Args, Debug)]
pub(super) struct ConnectArgs {
    /// The virtual cluster's name.
    #[arg(add = super::complete::names())]
    name: TenantName,
    /// Reach its API here, by a NodePort, load balancer or ingress, rather than by port-forward: https://HOST:PORT. The
    /// host is added to the certificate.
    #[arg(long, value_name = "URL")]
    server: Option<http::Uri>,
    /// Print the kubeconfig rather than the name of its file.
    #[arg(long, conflicts_with = "command")]
    print: bool,
    /// Write the kubeconfig here, too.
    #[arg(short, long, value_name = "FILE", conflicts_with = "command")]
    output: Option<PathBuf>,
    /// Run this with KUBECONFIG set, end with its exit code, and leave no way open.
    #[arg(last = true)]
    command: Vec<OsString>,
}

pub(super) async fn run(
    arguments: ConnectArgs,
    target: &TargetArgs,
    terminal: &Terminal,
) -> Result<ExitCode, CliError> {
    let target = target.target()?;
    let site = target.site().await?;
    let names = target.awake(life::find(&site, arguments.name.as_str()).await?)?;
    let admin = life::kubeconfig(&site, &names, target.limit).await?;
    if let Some(server) = &arguments.server {
        let admin = by_server(server, admin, (&target, &site), &names, terminal).await?;
        return match arguments.command.as_slice() {
            [] => show(&arguments, &admin, None, terminal),
            command => inside::run(command, &admin).await,
        };
    }
    if let [_, ..] = arguments.command.as_slice() {
        return inside::run_by_forward(&arguments.command, admin, &target, &names).await;
    }
    let place = Place::of(&target.server(), &names).map_err(ReachError::from)?;
    let open = match reach::under_way(&place) {
        Some(open) => open,
        None => {
            let shutdown = signals::shutdown().map_err(interrupt::unwatched)?;
            reach::start(&place, target.kubeconfig.clone(), admin.clone(), &names, &shutdown).await?
        }
    };
    terminal.note(&format!(
        "{} is reached at {}, carried by process {}; `{}` ends it",
        names.cluster,
        open.address,
        open.process.pid,
        target.command("disconnect", &names),
    ));
    let admin = reached_at(admin, &format!("https://{}", open.address));
    show(&arguments, &admin, Some(place.kubeconfig()), terminal)
}

/// Prints the kubeconfig, or the name of the file that has it.
fn show(
    arguments: &ConnectArgs,
    admin: &Kubeconfig,
    kept: Option<PathBuf>,
    terminal: &Terminal,
) -> Result<ExitCode, CliError> {
    if let Some(file) = &arguments.output {
        kubeconfig_file::write(file, admin)?;
    }
    let file = arguments.output.clone().or(kept);
    match file.filter(|_| !arguments.print) {
        Some(file) => terminal.data(&file.display().to_string())?,
        None => terminal.data(&kubeconfig_file::text(admin))?,
    }
    Ok(Code::Ok.into())
}

/// The way by an address of the user's; nothing has to stay open for it.
async fn by_server(
    server: &http::Uri,
    admin: Kubeconfig,
    (target, site): (&Target, &Site),
    names: &PlaneNames,
    terminal: &Terminal,
) -> Result<Kubeconfig, CliError> {
    let host = server.host().filter(|_| server.scheme_str() == Some("https")).ok_or_else(|| {
        CliError::new(Code::Usage, format!("{server} is no address of an API; use https://HOST:PORT"))
    })?;
    let host = host.trim_start_matches('[').trim_end_matches(']');
    if life::add_name(site, &target.upgrades().await?, names, host).await? {
        terminal.note(&format!("{host} is now a name in the certificate of {}", names.cluster));
    }
    Ok(reached_at(admin, server.to_string().trim_end_matches('/')))
}
