//! Every mistake of a scenario is found at once, at its place, with its remedy.

#![expect(clippy::unwrap_used, reason = "helpers of tests")]

use tenantbench_scenarios::{CATALOGUE, Model, Resolved, Scenario, Setting, Word, plan};

fn problems(text: &str) -> String {
    Scenario::parse("x.yaml", text).unwrap_err().to_string()
}

fn resolved(settings: &[&str]) -> Result<Resolved, String> {
    let settings: Vec<Setting> = settings.iter().map(|text| text.parse().unwrap()).collect();
    Scenario::parse("ray-install", CATALOGUE[0].1)
        .unwrap()
        .resolve(&settings)
        .map_err(|error| error.to_string())
}

#[test]
fn all_mistakes_are_reported_at_once() {
    let text = "\
schema: tenantbench.dev/scenario/v1
name: Ray Install
titel: A tenant installs Ray
description: x
parameters:
  workers:
    type: integer
    default: lots
    help: how many
  colour:
    type: enum
    values: [red, green]
    default: red
    help: does nothing
models: [namespace, vclustr]
models: [vcluster]
rounds: 0
timeouts: {step: 2}
steps:
  - do: instal
  - do: start
    object: ray-cluster
    workers: 3
    size: big
  - audit
";
    insta::assert_snapshot!(problems(text));
}

#[test]
fn what_only_follows_from_a_step_that_cannot_be_read_is_not_reported() {
    let (name, text) = CATALOGUE.iter().find(|(name, _)| *name == "density").unwrap();
    let scenario = Scenario::parse(name, text).unwrap();
    let said = scenario.resolve(&["memory=4Gx".parse().unwrap()]).unwrap_err().to_string();
    assert_eq!(said.lines().count(), 2, "each of the two steps, and no order: {said}");
    assert!(said.lines().all(|line| line.contains("\"4Gx\" is no amount")), "{said}");
}

#[test]
fn steps_out_of_order_are_reported() {
    let text = CATALOGUE[0]
        .1
        .replace("  - do: create-tenant\n", "")
        .replace("may-refuse: [namespace]", "may-refuse: [namespace]\n  - do: create-tenant");
    insta::assert_snapshot!(problems(&text));
}

#[test]
fn each_mistake_has_its_place_and_remedy() {
    let good = CATALOGUE[0].1;
    for (from, to, line) in [
        ("rounds: 3", "rounds: [", "x.yaml:"),
        ("rounds: 3", "rounds: 0", "x.yaml:20:9: rounds is 0, out of range (from 1 to 10000)"),
        ("rounds: 3", "rounds: one", "x.yaml:20:9: rounds must be an integer, not a text (from 1 to 10000)"),
        (
            "step: 2m",
            "step: soon",
            "x.yaml:22:9: timeouts.step \"soon\" is no time (write such as 90s, 2m or 1m30s)",
        ),
        ("step: 2m", "step: 0s", "x.yaml:22:9: timeouts.step must be longer than nothing"),
        ("${workers}", "${worker}", "x.yaml:32:14: no parameter `worker` (did you mean `workers`?)"),
        ("${workers}", "${workers", "x.yaml:32:14: `${` without its end in \"${workers\" (write ${name})"),
        (
            "${workers}",
            "3",
            "x.yaml:12:3: parameter `workers` does nothing (use ${workers} in a step or remove it)",
        ),
        (
            "default: 3",
            "default: 101",
            "x.yaml:14:14: default of `workers` 101 is out of range (allowed: 0 to 100)",
        ),
        ("min: 0", "min: 200", "x.yaml:16:10: max of `workers` is below its min (swap them)"),
        ("[namespace, namespace-assisted, vcluster]", "[]", "x.yaml:19:9: models must not be empty"),
        (
            "[namespace, namespace-assisted, vcluster]",
            "vcluster",
            "x.yaml:19:9: models must be a list, not a text (begin each item with `- `)",
        ),
        (
            "name: sample",
            "name: Sample",
            "x.yaml:31:11: name \"Sample\" is no name (use at most 40 of a-z, 0-9 and -, no dash at an end)",
        ),
        (
            "  - do: audit\n",
            "",
            "x.yaml:40:5: the steps end without `audit` (add it last, so that leaks are seen)",
        ),
        ("  - do: uninstall", "  - do: install", "x.yaml"),
    ] {
        assert!(good.contains(from), "{from}");
        let text = good.replacen(from, to, 1);
        match Scenario::parse("x.yaml", &text) {
            Ok(_) => assert_eq!(line, "x.yaml", "{to} was not seen"),
            Err(malformed) => {
                let seen = malformed.to_string();
                assert!(seen.lines().any(|seen| seen.starts_with(line)), "{to}: wanted {line}, saw {seen}");
            }
        }
    }
}

#[test]
fn settings_take_the_place_of_defaults() {
    let shown = resolved(&["workers=7"]).unwrap();
    assert_eq!(serde_json::to_value(&shown.parameters).unwrap(), serde_json::json!({ "workers": 7 }));
    let start = plan(&shown, &shown.models, 1, 0).steps[&Model::Vcluster][2].what.clone();
    assert_eq!(start, "the tenant creates ray-cluster sample with 7 workers");
}

#[test]
fn wrong_settings_say_what_would_be_right() {
    assert_eq!(
        resolved(&["worker=7"]).unwrap_err(),
        "scenario ray-install has no parameter `worker` (did you mean `workers`?)"
    );
    assert_eq!(
        resolved(&["pods=7"]).unwrap_err(),
        "scenario ray-install has no parameter `pods` (known: workers)"
    );
    assert_eq!(
        resolved(&["workers=1000"]).unwrap_err(),
        "parameter `workers`: 1000 is out of range (allowed: 0 to 100)"
    );
    let line = "workers".parse::<Setting>().unwrap_err().to_string();
    assert_eq!(line, "\"workers\" sets nothing (write --set NAME=VALUE)");
}

#[test]
fn a_burst_is_of_one_tenant_unless_it_says_how_many() {
    let what = |tenants: &str| {
        let text = format!(
            "schema: tenantbench.dev/scenario/v1\nname: x\ntitle: x\ndescription: x\nstory: x\nmodels: [vcluster]\n\
             steps:\n  - do: create-tenant\n  - do: burst\n    pods: 100\n    parallel: 20\n{tenants}  - do: \
             delete-tenant\n  - do: audit\n"
        );
        let scenario = Scenario::parse("x.yaml", &text).map_err(|malformed| malformed.to_string())?;
        let scenario = scenario.resolve(&[]).map_err(|error| error.to_string())?;
        Ok::<_, String>(plan(&scenario, &scenario.models, 1, 0).steps[&Model::Vcluster][1].what.clone())
    };
    let one = what("").unwrap();
    assert!(one.starts_with("the tenant creates 100 pods, 20 at a time, and deletes them; "), "{one}");
    assert_eq!(what("    tenants: 1\n"), Ok(one));
    let ten = what("    tenants: 10\n").unwrap();
    assert!(
        ten.starts_with("10 tenants at once create 100 pods each, 20 at a time, and delete them; "),
        "{ten}"
    );
    let wrong = what("    tenants: 51\n").unwrap_err();
    assert!(wrong.contains("tenants is 51, out of range (from 1 to 50)"), "{wrong}");
}

#[test]
fn a_plan_is_the_same_for_the_same_seed_and_promises_its_metrics() {
    let scenario = resolved(&[]).unwrap();
    let first = plan(&scenario, Model::ALL, 3, 42);
    assert_eq!(first, plan(&scenario, Model::ALL, 3, 42));
    assert_eq!(first.turns.len(), 9);
    assert!(first.turns.iter().all(|turn| turn.fresh_host == (turn.model == Model::NamespaceAssisted)));
    assert!(first.steps[&Model::Namespace][1].may_refuse);
    assert!(!first.steps[&Model::Vcluster][1].may_refuse);
    assert!(first.metrics().contains(&"syncer_pss_bytes"));
    assert!(!plan(&scenario, &[Model::Namespace], 1, 0).metrics().contains(&"syncer_pss_bytes"));
}

#[test]
fn no_text_makes_the_reader_panic() {
    let good = CATALOGUE[0].1;
    for cut in (0..good.len()).filter(|&cut| good.is_char_boundary(cut)) {
        let _ = Scenario::parse("x.yaml", &good[..cut]);
        let _ = Scenario::parse("x.yaml", &good[cut..]);
    }
}
