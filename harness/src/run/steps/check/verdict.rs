//! From what was seen to a verdict. No I/O.

use tenantbench_reports::Verdict;

use crate::inside::Fetched;

/// What came of one promise.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Finding {
    pub(super) name: &'static str,
    pub(super) verdict: Verdict,
    pub(super) detail: String,
}

impl Finding {
    pub(super) fn held(name: &'static str, detail: impl Into<String>) -> Self {
        Self { name, verdict: Verdict::Held, detail: detail.into() }
    }

    pub(super) fn broken(name: &'static str, detail: impl Into<String>) -> Self {
        Self { name, verdict: Verdict::Broken, detail: detail.into() }
    }

    pub(super) fn not_shown(name: &'static str, detail: impl Into<String>) -> Self {
        Self { name, verdict: Verdict::NotShown, detail: detail.into() }
    }

    /// Held where nothing differs from what should be seen.
    pub(super) fn same(name: &'static str, seen: &str, differences: &[String]) -> Self {
        match differences {
            [] => Self::held(name, seen),
            some => Self::broken(name, some.join("; ")),
        }
    }
}

/// How far a client came, in words.
pub(super) fn words(fetched: &Fetched) -> String {
    match fetched {
        Fetched::Answered { greeting, address } => format!("{} answered at {address}", greeting.from),
        Fetched::Unresolved { why } => format!("the name does not resolve: {why}"),
        Fetched::Unreached { address, why } => format!("{address} is not reached: {why}"),
    }
}

/// Whether it was `server` that answered.
pub(super) fn reached(fetched: &Fetched, server: &str) -> bool {
    matches!(fetched, Fetched::Answered { greeting, .. } if greeting.from == server)
}

/// Another tenant's pod was tried. `own` is the same try from the tenant's own pod, without which silence says nothing;
/// `control` is a try of a pod that no policy lets anybody in to, made where the other tenant was reached.
pub(super) fn isolation(
    name: &'static str,
    own: &Fetched,
    foreign: &Fetched,
    control: Option<&Fetched>,
) -> Finding {
    if !matches!(own, Fetched::Answered { .. }) {
        let detail =
            format!("its own tenant does not reach it either, so this shows nothing: {}", words(own));
        return Finding::broken(name, detail);
    }
    match (foreign, control) {
        (Fetched::Unreached { .. } | Fetched::Unresolved { .. }, _) => Finding::held(
            name,
            format!("from the other tenant {}; from its own, {}", words(foreign), words(own)),
        ),
        (Fetched::Answered { .. }, Some(Fetched::Answered { .. })) => Finding {
            name,
            verdict: Verdict::NotEnforced,
            detail:
                "the other tenant reached it, and the same client reached a pod that no NetworkPolicy lets \
                     anybody in to: this host's network enforces none"
                    .to_owned(),
        },
        (Fetched::Answered { .. }, _) => {
            Finding::broken(name, format!("the other tenant reached it: {}", words(foreign)))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::inside::Greeting;

    fn answered() -> Fetched {
        let greeting = Greeting { from: "server".into(), to: "10.0.0.1".into() };
        Fetched::Answered { greeting, address: "10.0.0.2:8080".into() }
    }

    fn silent() -> Fetched {
        Fetched::Unreached { address: "10.0.0.2:8080".into(), why: "timed out".into() }
    }

    fn verdict(own: &Fetched, foreign: &Fetched, control: Option<&Fetched>) -> Verdict {
        isolation("x", own, foreign, control).verdict
    }

    #[test]
    fn silence_counts_only_where_the_servers_own_tenant_hears_it() {
        assert_eq!(verdict(&answered(), &silent(), None), Verdict::Held);
        assert_eq!(verdict(&silent(), &silent(), None), Verdict::Broken);
    }

    #[test]
    fn a_network_without_policies_is_told_as_such_and_never_as_a_pass() {
        let reached = answered();
        assert_eq!(verdict(&reached, &reached, Some(&answered())), Verdict::NotEnforced);
        assert_eq!(
            verdict(&reached, &reached, Some(&silent())),
            Verdict::Broken,
            "it enforces, but not this one"
        );
        assert_eq!(verdict(&reached, &reached, None), Verdict::Broken);
    }

    #[test]
    fn another_servers_answer_is_not_taken_for_the_right_one() {
        assert!(
            reached(&answered(), "server") && !reached(&answered(), "other") && !reached(&silent(), "server")
        );
    }
}
