//! Completion of the names of virtual clusters: the shell asks the program, and the program asks the host.

use std::time::Duration;

use clap_complete::{CompletionCandidate, engine::ArgValueCandidates};

use super::target::TargetArgs;
use crate::tenancy::{connect, vcluster::life};

/// Whoever waits for a completion does not wait long.
const PATIENCE: Duration = Duration::from_secs(2);

/// The virtual clusters of the namespace that the command line names so far.
pub(super) fn names() -> ArgValueCandidates {
    ArgValueCandidates::new(|| {
        let words: Vec<String> = std::env::args().collect();
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
        let Ok(runtime) = runtime else { return Vec::new() };
        let asked = runtime.block_on(async { tokio::time::timeout(PATIENCE, found(&words)).await });
        // Where there is nobody to ask, there is nothing to offer; the verb itself will say why.
        asked.ok().flatten().unwrap_or_default().into_iter().map(CompletionCandidate::new).collect()
    })
}

async fn found(words: &[String]) -> Option<Vec<String>> {
    let flag = |long: &str, short: Option<&str>| value(words, long, short);
    let target = TargetArgs::said(
        flag("--kubeconfig", None).map(Into::into),
        flag("--context", None),
        flag("--namespace", Some("-n")),
        PATIENCE,
    );
    let target = target.target().ok()?;
    let client = connect(target.kubeconfig.clone()).await.ok()?;
    let all = life::all(client, Some(&target.namespace)).await.ok()?;
    Some(all.into_iter().map(|found| found.names.cluster).collect())
}

/// The value of a flag on a command line that need not be whole yet.
fn value(words: &[String], long: &str, short: Option<&str>) -> Option<String> {
    let mut words = words.iter();
    while let Some(word) = words.next() {
        if word == long || short.is_some_and(|short| word == short) {
            return words.next().cloned();
        }
        if let Some(value) = word.strip_prefix(long).and_then(|rest| rest.strip_prefix('=')) {
            return Some(value.to_owned());
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn flags_are_read_from_half_a_command_line() {
        let words = ["tenantbench", "tenant", "-n", "a", "--context=b", "delete", ""].map(str::to_owned);
        assert_eq!(value(&words, "--namespace", Some("-n")).as_deref(), Some("a"));
        assert_eq!(value(&words, "--context", None).as_deref(), Some("b"));
        assert_eq!(value(&words, "--kubeconfig", None), None);
    }
}
