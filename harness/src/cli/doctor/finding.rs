//! What was found about one thing.

use serde::Serialize;

/// What was found about one thing.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub(super) struct Finding {
    /// A stable word for the thing.
    pub(super) check: String,
    pub(super) grade: Grade,
    /// What was seen, one line.
    pub(super) detail: String,
    /// What to do about it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) remedy: Option<String>,
}

/// How bad it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub(super) enum Grade {
    /// As it should be.
    Ok,
    /// Good to know.
    Note,
    /// Figures, or large runs, may suffer.
    Doubt,
    /// A local host cannot run.
    Missing,
}

impl Finding {
    pub(super) fn ok(check: impl Into<String>, detail: impl Into<String>) -> Self {
        Self::new(Grade::Ok, check, detail, None)
    }

    pub(super) fn note(check: impl Into<String>, detail: impl Into<String>) -> Self {
        Self::new(Grade::Note, check, detail, None)
    }

    pub(super) fn doubt(
        check: impl Into<String>,
        detail: impl Into<String>,
        remedy: impl Into<String>,
    ) -> Self {
        Self::new(Grade::Doubt, check, detail, Some(remedy.into()))
    }

    pub(super) fn missing(
        check: impl Into<String>,
        detail: impl Into<String>,
        remedy: impl Into<String>,
    ) -> Self {
        Self::new(Grade::Missing, check, detail, Some(remedy.into()))
    }

    fn new(
        grade: Grade,
        check: impl Into<String>,
        detail: impl Into<String>,
        remedy: Option<String>,
    ) -> Self {
        Self { check: check.into(), grade, detail: detail.into(), remedy }
    }
}

/// Bytes for people.
pub(super) fn gigabytes(bytes: u64) -> String {
    format!("{}.{} GB", bytes / 1_000_000_000, bytes % 1_000_000_000 / 100_000_000)
}

#[cfg(test)]
mod tests {
    #[test]
    fn bytes_are_shown_in_gigabytes() {
        assert_eq!(super::gigabytes(1_550_000_000), "1.5 GB");
    }
}
