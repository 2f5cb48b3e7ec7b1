//! One command in a virtual cluster: `tenantbench tenant connect NAME -- COMMAND`.

use std::{ffi::OsString, fs::File, net::Ipv4Addr, os::unix::process::ExitStatusExt, process::ExitCode};

use kube::config::Kubeconfig;
use nix::{
    sys::signal::{Signal, kill},
    unistd::{Pid, getpgrp, tcgetpgrp},
};
use tokio::{
    net::TcpListener,
    process::{Child, Command},
};

use super::{interrupt, target::Target};
use crate::{
    cli::{
        exit::{CliError, Code},
        signals::Signals,
    },
    tenancy::{
        kubeconfig_file,
        vcluster::{PlaneNames, life::reached_at, reach},
    },
};

/// Runs a command, and carries a port of its own as long as it runs.
pub(super) async fn run_by_forward(
    command: &[OsString],
    admin: Kubeconfig,
    target: &Target,
    names: &PlaneNames,
) -> Result<ExitCode, CliError> {
    let no_port = |error| CliError::new(Code::Unfit, format!("no port of this machine: {error}"));
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.map_err(no_port)?;
    let address = listener.local_addr().map_err(no_port)?;
    let (client, pod) = (target.upgrades().await?, names.pod());
    let admin = reached_at(admin, &format!("https://{address}"));
    tokio::select! {
        ended = run(command, &admin) => ended,
        never = reach::carry(listener, client, &names.namespace, &pod) => match never {},
    }
}

/// Runs a command with KUBECONFIG set. Ctrl-C is the command's to answer; its kubeconfig goes when it has ended.
pub(super) async fn run(command: &[OsString], admin: &Kubeconfig) -> Result<ExitCode, CliError> {
    let failed = |error| CliError::new(Code::Unfit, format!("cannot write a kubeconfig: {error}"));
    let mut signals = Signals::watch().map_err(interrupt::unwatched)?;
    let folder = tempfile::tempdir().map_err(failed)?;
    let file = folder.path().join("kubeconfig");
    kubeconfig_file::write(&file, admin)?;
    let (program, arguments) = command.split_first().ok_or_else(|| CliError::new(Code::Bug, "no command"))?;
    let cannot =
        |error| CliError::new(Code::Usage, format!("cannot run {}: {error}", program.to_string_lossy()));
    let mut child = Command::new(program).args(arguments).env("KUBECONFIG", &file).spawn().map_err(cannot)?;
    let status = loop {
        tokio::select! {
            ended = child.wait() => break ended.map_err(cannot)?,
            signal = signals.next() => hand_on(signal, &child),
        }
    };
    // As shells do: one that a signal ended counts as 128 and the signal.
    let code = status.code().unwrap_or_else(|| 128 + status.signal().unwrap_or(0));
    Ok(ExitCode::from(u8::try_from(code).unwrap_or(u8::MAX)))
}

/// A command that has just ended needs no signal.
fn hand_on(signal: Signal, child: &Child) {
    if signal == Signal::SIGINT && terminal_tells_all() {
        return;
    }
    if let Some(pid) = child.id() {
        let _ = kill(Pid::from_raw(pid.cast_signed()), signal);
    }
}

/// Whether Ctrl-C reaches the command by itself: a terminal sends it to all of its foreground group, and twice means
/// something else to many programs.
fn terminal_tells_all() -> bool {
    File::open("/dev/tty").is_ok_and(|terminal| tcgetpgrp(terminal) == Ok(getpgrp()))
}
