//! `tenantbench doctor`: what this machine can do.

mod binaries;
mod finding;
mod folders;
mod isolation;
mod kind;
mod limits;

use clap::Args;
use owo_colors::OwoColorize;

use self::finding::{Finding, Grade};
use super::{
    exit::{CliError, Code},
    local::AssetArgs,
    output::{Format, Terminal},
};

/// Say what this machine can do, and how to mend what it cannot.
#[derive(Args, Debug)]
pub(super) struct DoctorArgs {
    /// How to write it.
    #[arg(long, value_enum, default_value_t)]
    format: Format,
    #[command(flatten)]
    assets: AssetArgs,
}

/// Ends with [`Code::Unfit`] when a local host cannot run here.
pub(super) async fn run(arguments: DoctorArgs, terminal: &Terminal) -> Result<Code, CliError> {
    let options = arguments.assets.options()?;
    let (binaries, isolation, kind) =
        tokio::join!(binaries::check(&options), isolation::check(), kind::check(&options));
    let mut findings = limits::check();
    findings.extend(folders::check(&options));
    findings.extend(binaries);
    findings.push(isolation);
    findings.extend(kind);

    match arguments.format {
        Format::Human => terminal.data(&text(&findings))?,
        Format::Json => terminal.json("tenantbench.dev/doctor/v1", "findings", &findings)?,
    }
    let fit = findings.iter().all(|finding| finding.grade != Grade::Missing);
    Ok(if fit { Code::Ok } else { Code::Unfit })
}

fn text(findings: &[Finding]) -> String {
    let width = findings.iter().map(|finding| finding.check.len()).max().unwrap_or_default();
    let mut text = String::new();
    for finding in findings {
        let mark = match finding.grade {
            Grade::Ok => "ok     ".green().to_string(),
            Grade::Note => "note   ".cyan().to_string(),
            Grade::Doubt => "doubt  ".yellow().to_string(),
            Grade::Missing => "missing".red().to_string(),
        };
        text.push_str(&format!("{mark}  {:<width$}  {}\n", finding.check, finding.detail));
        if let Some(remedy) = &finding.remedy {
            text.push_str(&format!("{:indent$}{} {remedy}\n", "", "remedy:".bold(), indent = width + 11));
        }
    }
    text
}
