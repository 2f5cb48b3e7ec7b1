//! Ctrl-C in a verb: what was being made goes again; of anything else it is said how it goes on.

use super::{Terminal, target::Target};
use crate::{
    cli::{
        exit::{CliError, Code},
        signals::{self, Signals},
    },
    tenancy::{
        TenancyError,
        vcluster::{
            PlaneNames,
            life::{self, Site},
        },
    },
};

/// A virtual cluster that is being made.
pub(super) struct Making<'a> {
    pub(super) target: &'a Target,
    pub(super) site: &'a Site,
    pub(super) names: &'a PlaneNames,
    pub(super) terminal: &'a Terminal,
}

impl Making<'_> {
    /// Does the work. At Ctrl-C removes what was made, unless the virtual cluster was there before.
    ///
    /// # Errors
    /// As the work ends, or [`Code::Interrupted`].
    pub(super) async fn unless_interrupted<T>(
        &self,
        work: impl Future<Output = Result<T, CliError>>,
    ) -> Result<T, CliError> {
        let interrupted = signals::shutdown().map_err(unwatched)?;
        let is_new = match life::find(self.site, &self.names.cluster).await {
            Ok(_) => false,
            Err(TenancyError::Unknown { .. }) => true,
            Err(error) => return Err(error.into()),
        };
        tokio::select! {
            ended = work => ended,
            () = interrupted.cancelled() => Err(self.undo(is_new).await),
        }
    }

    async fn undo(&self, is_new: bool) -> CliError {
        let (name, delete) = (&self.names.cluster, self.target.command("delete", self.names));
        if !is_new {
            let text = format!("interrupted: {name} was there before and stays; `{delete}` removes it");
            return CliError::new(Code::Interrupted, text);
        }
        self.terminal.note(&format!("removing what was made of {name}, as `{delete}` does"));
        match life::delete(self.site, self.names, self.target.limit, &|_| ()).await {
            Ok(_) => CliError::new(Code::Interrupted, format!("interrupted: nothing of {name} is left")),
            Err(error) => {
                let text =
                    format!("interrupted: something of {name} is left, for {error}; `{delete}` removes it");
                CliError::new(Code::Interrupted, text)
            }
        }
    }
}

/// Does the work of a verb which the host goes on with when nobody waits; `then` says how, and what to do.
///
/// # Errors
/// As the work ends, or [`Code::Interrupted`].
pub(super) async fn or_say<T>(
    then: &str,
    work: impl Future<Output = Result<T, CliError>>,
) -> Result<T, CliError> {
    // Before the work says its first word: whoever reads it may press Ctrl-C at once.
    let mut signals = Signals::watch().map_err(unwatched)?;
    tokio::select! {
        ended = work => ended,
        _ = signals.next() => Err(CliError::new(Code::Interrupted, format!("interrupted: {then}"))),
    }
}

pub(super) fn unwatched(error: std::io::Error) -> CliError {
    CliError::new(Code::Unfit, format!("signals cannot be watched: {error}"))
}
