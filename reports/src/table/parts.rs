//! Metrics whose subjects are unlike things: a row for each subject, where these are not too many.

use indexmap::IndexSet;

use crate::Report;

/// So many subjects of a metric have a row each. More would hide all other figures.
const MOST: usize = 24;

/// Columns that a subject may take in the title of its row.
const WIDTH: usize = 19;

/// The subjects of a metric that have a row each, in the order in which they came; none for a metric that has one row
/// for all, and none where there are too many.
pub(super) fn subjects<'r>(report: &'r Report, name: &str) -> IndexSet<&'r str> {
    let mut subjects = all(report, name);
    if subjects.len() > MOST {
        subjects.clear();
    }
    subjects
}

/// How many subjects a metric has, where these are too many for rows.
pub(super) fn too_many(report: &Report, name: &str) -> Option<usize> {
    Some(all(report, name).len()).filter(|&count| count > MOST)
}

fn all<'r>(report: &'r Report, name: &str) -> IndexSet<&'r str> {
    let metrics = report.models.values().filter_map(|model| model.metrics.get(name));
    metrics.flat_map(|metric| metric.by_subject.keys()).map(String::as_str).collect()
}

/// A subject as the title of a row, broken behind blanks, slashes and dashes: a column is as wide as its widest title. A
/// piece that is too long stays whole.
pub(super) fn title(subject: &str) -> String {
    let mut lines = vec![String::new()];
    for piece in subject.split_inclusive([' ', '/', '-']) {
        let used = lines.last().map_or(0, |line| line.chars().count());
        if used > 0 && used + piece.trim_end().chars().count() > WIDTH {
            lines.push(" ".to_owned());
        }
        if let Some(line) = lines.last_mut() {
            line.push_str(piece);
        }
    }
    lines.iter().map(|line| format!("    {}", line.trim_end())).collect::<Vec<_>>().join("\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_long_subject_is_broken_and_nothing_of_it_is_lost() {
        for (subject, shown) in [
            ("bare", "    bare"),
            ("crds: host: etcd", "    crds: host: etcd"),
            ("crds: host: kube-controller-manager", "    crds: host: kube-\n     controller-manager"),
            ("vc-0/kube-controller-manager", "    vc-0/kube-\n     controller-manager"),
            ("customer-1: vc-0/etcd", "    customer-1: vc-0/\n     etcd"),
            ("one/averylongnamewithoutanydash", "    one/\n     averylongnamewithoutanydash"),
        ] {
            assert_eq!(title(subject), shown);
        }
    }
}
