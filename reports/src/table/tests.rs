//! What a reader sees.

use super::*;
use crate::{
    Check, Event, Leftover, Metric, Verdict,
    fixture::{part, whole_run},
    fold::fold,
};

fn drawn(width: usize) -> String {
    table(&fold(&whole_run()).unwrap(), TableOptions { width, colour: false })
}

#[test]
fn three_models_fit_eighty_columns() {
    let text = drawn(80);
    assert!(text.lines().all(|line| line.chars().count() <= 80), "{text}");
    insta::assert_snapshot!(text);
}

#[test]
fn a_narrow_terminal_gets_models_one_below_the_other() {
    insta::assert_snapshot!(drawn(50));
}

#[test]
fn a_run_that_was_cut_off_says_so_above_its_figures() {
    let records = whole_run();
    insta::assert_snapshot!(table(&fold(&records[..12]).unwrap(), TableOptions::default()));
}

#[test]
fn a_run_of_which_only_the_head_is_left_still_has_a_table() {
    let text = table(&fold(&whole_run()[..1]).unwrap(), TableOptions::default());
    assert!(text.contains("NOT COMPLETE") && text.contains("no host came up"), "{text}");
}

/// A run with values of unlike things: the parts of two kinds of tenants, and `stages` of a burst.
fn with_parts(stages: u32) -> Vec<crate::Record> {
    let mut records = whole_run();
    let at = records[3].at;
    let mut add = |model: &str, metric, subject: &str, value| {
        records.push(crate::Record { at, event: part(1, model, metric, subject, value) });
    };
    for (model, held) in [("namespace-assisted", 50.0), ("vcluster", 9.0)] {
        add(model, Metric::TenantsHeld, "bare", held);
        add(model, Metric::TenantsHeld, "crds", held / 2.0);
    }
    add("vcluster", Metric::DensityPartMemory, "crds: host: kube-controller-manager", 12e6);
    for stage in 0..stages {
        add("vcluster", Metric::BurstPartCpu, &format!("ours, stage {stage}: etcd"), 0.2);
    }
    records
}

#[test]
fn unlike_things_have_a_row_each() {
    let text = table(&fold(&with_parts(24)).unwrap(), TableOptions::default());
    assert!(text.lines().all(|line| line.chars().count() <= 80), "{text}");
    let rows = text.lines().filter(|line| line.contains("ours, stage")).count();
    assert_eq!(rows, 24, "{text}");
    let density: Vec<&str> = text.lines().skip_while(|line| *line != "density").take(7).collect();
    insta::assert_snapshot!(density.join("\n"));
}

#[test]
fn too_many_unlike_things_are_one_line_that_says_where_they_are() {
    let records = with_parts(25);
    for width in [50, 80] {
        let text = table(&fold(&records).unwrap(), TableOptions { width, colour: false });
        assert!(!text.contains("ours, stage"), "{text}");
        let words: String = text.split_whitespace().collect::<Vec<_>>().join(" ");
        let line = "not in this table: a component's CPU (25 figures): `--format json` has them";
        assert!(words.contains(line), "{text}");
        assert!(words.contains("tenants held"), "{text}");
    }
}

#[test]
fn a_narrow_terminal_gets_unlike_things_one_below_the_other() {
    let text = table(&fold(&with_parts(0)).unwrap(), TableOptions { width: 50, colour: false });
    assert!(text.contains("  tenants held\n    bare: 9\n    crds: 4.5\n"), "{text}");
}

#[test]
fn a_leak_is_named() {
    let mut records = whole_run();
    let at = records[3].at;
    let leftover =
        Leftover { kind: "port".to_owned(), name: "tcp/127.0.0.1:4711".to_owned(), by_design: None };
    records.insert(
        4,
        crate::Record { at, event: Event::Leftover { round: 1, model: "vcluster".to_owned(), leftover } },
    );
    let text = table(&fold(&records).unwrap(), TableOptions::default());
    assert!(text.contains("leaks 1") && text.contains("LEAK in vcluster: port tcp/127.0.0.1:4711"), "{text}");
}

#[test]
fn a_promise_is_told_with_its_worst_verdict_and_what_was_seen() {
    let text = table(&fold(&with_checks()).unwrap(), TableOptions { width: 60, colour: false });
    assert!(text.contains("checks of vcluster\n  isolation: not enforced here (a pod that"), "{text}");
    assert!(text.contains("  services-by-name: BROKEN (no such name)"), "{text}");
    let checks = text.lines().skip_while(|line| !line.starts_with("checks of")).take(4);
    assert!(checks.clone().all(|line| line.chars().count() <= 60), "{text}");
    assert!(checks.clone().any(|line| line == "    was reached, so this network enforces none)"), "{text}");
}

fn with_checks() -> Vec<crate::Record> {
    let mut records = whole_run();
    let control = "a pod that no policy lets in was reached, so this network enforces none";
    for (round, name, verdict, detail) in [
        (1, "isolation", Verdict::NotEnforced, control),
        (1, "services-by-name", Verdict::Held, "it answered"),
        (2, "services-by-name", Verdict::Broken, "no such name"),
        (2, "isolation", Verdict::Held, "not reached"),
    ] {
        let check = Check { name: name.to_owned(), verdict, detail: detail.to_owned() };
        let event = Event::Checked { round, model: "vcluster".to_owned(), check };
        records.insert(4, crate::Record { at: records[3].at, event });
    }
    records[4..8].reverse();
    records
}

#[test]
fn colours_change_no_letter() {
    let report = fold(&with_checks()).unwrap();
    for width in [50, 80, 200] {
        let coloured = table(&report, TableOptions { width, colour: true });
        let plain = table(&report, TableOptions { width, colour: false });
        assert_ne!(coloured, plain);
        let stripped: String = coloured
            .split('\u{1b}')
            .enumerate()
            .map(
                |(index, part)| {
                    if index == 0 { part } else { part.split_once('m').map_or("", |(_, rest)| rest) }
                },
            )
            .collect();
        let trimmed = |text: &str| text.lines().map(|line| line.trim_end().to_owned()).collect::<Vec<_>>();
        assert_eq!(trimmed(&stripped), trimmed(&plain));
    }
}
