//! Ctrl-C in the verbs of `tenant`.

use std::os::unix::process::CommandExt;

use nix::sys::signal::Signal;
use tenantbench::process::Identity;

use crate::{developer::Developer, lab::running::Running};

const WAITS: &str = "waiting for the control plane of mine";

/// More than the namespace's quota has, so that its plane never comes up.
const TOO_LARGE: &str = "resources: {etcd: {cpu: '100', cpuLimit: '100'}}";

/// Interrupts a verb as soon as it says so; what it said.
fn interrupted_at(words: &str, developer: &Developer, arguments: &[&str]) -> String {
    let mut verb = Running::start(developer.tenant(arguments));
    verb.until(words);
    verb.signal(Signal::SIGINT);
    let (code, said) = verb.end();
    assert_eq!(code, Some(130), "{arguments:?}: {said}");
    said
}

fn interrupted(developer: &Developer, arguments: &[&str]) -> String {
    interrupted_at(WAITS, developer, arguments)
}

/// Keeps an object from going until [`let_go`].
fn hold(developer: &Developer, object: &str) {
    let patch = r#"{"metadata": {"finalizers": ["example.com/held"]}}"#;
    developer.on_host_ok(&["patch", object, "--type=merge", "-p", patch]);
}

fn let_go(developer: &Developer, object: &str) {
    developer.on_host_ok(&["patch", object, "--type=merge", "-p", r#"{"metadata": {"finalizers": null}}"#]);
}

#[tokio::test]
async fn ctrl_c_takes_back_what_was_being_made_and_leaves_what_was_there() {
    let developer = Developer::new().await;
    let said = interrupted(&developer, &["create", "mine"]);
    assert!(said.contains("tenantbench tenant delete mine -n team-a"), "no command to do it by hand: {said}");
    assert!(said.contains("nothing of mine is left"), "{said}");
    assert_eq!(developer.left(), Vec::<String>::new());

    let values = developer.lab.path("values.yaml");
    std::fs::write(&values, TOO_LARGE).unwrap();
    let create = ["create", "mine", "--values", values.to_str().unwrap()];
    developer.ok(&[&create[..], &["--no-wait"]].concat());
    let said = interrupted(&developer, &create);
    assert!(said.contains("mine was there before and stays"), "{said}");
    assert!(developer.ok(&["list"]).contains("mine"));
    let said = interrupted(&developer, &["resume", "mine"]);
    assert!(said.contains("`tenantbench tenant resume mine -n team-a` waits for it"), "{said}");
    developer.ok(&["delete", "mine"]);
    assert_eq!(developer.left(), Vec::<String>::new());
}

#[tokio::test]
async fn ctrl_c_in_a_snapshot_leaves_the_file_of_before_and_in_a_restore_nothing() {
    let developer = Developer::new().await;
    developer.ok(&["create", "mine"]);
    let file = developer.lab.path("mine.snapshot");
    let file = file.to_str().unwrap();
    developer.ok(&["snapshot", "mine", file]);
    let before = std::fs::read(file).unwrap();

    // A store that does not answer keeps the snapshot from being quicker than we are.
    let store = developer.lab.processes_with(&["--name=tenant"]);
    let [store] = store[..] else { panic!("one virtual cluster has one store: {store:?}") };
    store.signal(Signal::SIGSTOP);
    let said = interrupted_at("reading the store of mine", &developer, &["snapshot", "mine", file]);
    store.signal(Signal::SIGCONT);
    assert!(said.contains("no snapshot was taken"), "{said}");
    assert_eq!(std::fs::read(file).unwrap(), before);

    developer.ok(&["delete", "mine"]);
    let said = interrupted(&developer, &["restore", "mine", file]);
    assert!(said.contains("nothing of mine is left"), "{said}");
    assert_eq!(developer.left(), Vec::<String>::new(), "not even the parts of its store");
}

#[tokio::test]
async fn what_ctrl_c_left_half_at_rest_is_put_to_rest_by_the_next_pause() {
    let developer = Developer::new().await;
    developer.ok(&["create", "mine"]);
    developer.inside("mine", &["create", "deployment", "web", "--image=example.com/web"]);
    developer.inside("mine", &["rollout", "status", "deployment/web", "--timeout=60s"]);
    hold(&developer, "pod/mine-0");
    let said = interrupted_at("waiting for the end of the plane", &developer, &["pause", "mine"]);
    assert!(said.contains("`tenantbench tenant pause mine -n team-a` puts it to rest"), "{said}");
    let pods = || developer.on_host_ok(&["get", "pods", "-o", "name"]);
    assert!(pods().contains("pod/web-"), "the tenant's pod has gone by itself: {}", pods());

    let_go(&developer, "pod/mine-0");
    developer.ok(&["pause", "mine"]);
    assert_eq!(pods(), "", "nothing runs");
    developer.ok(&["resume", "mine"]);
    developer.inside("mine", &["rollout", "status", "deployment/web", "--timeout=60s"]);
}

#[tokio::test]
async fn ctrl_c_in_a_deletion_says_how_it_goes_on_and_the_next_one_sees_it_end() {
    let developer = Developer::new().await;
    developer.ok(&["create", "mine"]);
    hold(&developer, "secret/mine-keys");
    let waits = "waiting until nothing of mine is left";
    let said = interrupted_at(waits, &developer, &["delete", "mine"]);
    assert!(said.contains("`tenantbench tenant delete mine -n team-a` waits until nothing"), "{said}");

    let mut again = Running::start(developer.tenant(&["delete", "mine"]));
    again.until(waits);
    let_go(&developer, "secret/mine-keys");
    let (code, said) = again.end();
    assert_eq!(code, Some(0), "{said}");
    assert_eq!(developer.left(), Vec::<String>::new());
}

#[tokio::test]
async fn a_signal_is_the_commands_own_to_answer_and_its_kubeconfig_goes_with_it() {
    let developer = Developer::new().await;
    developer.ok(&["create", "mine"]);
    let temporary = developer.lab.path("temporary");
    std::fs::create_dir(&temporary).unwrap();
    let obeys = "echo $$ runs >&2; exec sleep 100";
    let answers = format!("trap 'kill $!; exit 5' INT TERM; sh -c '{obeys}' & wait");
    let answers = answers.as_str();
    for (signal, script, ends) in [
        (Signal::SIGINT, answers, 5),
        (Signal::SIGTERM, answers, 5),
        (Signal::SIGINT, obeys, 130),
        (Signal::SIGTERM, obeys, 143),
    ] {
        let mut verb = developer.tenant(&["connect", "mine", "--", "sh", "-c", script]);
        // Its own group, so that no terminal of whoever tests sends the command a signal too.
        verb.env("TMPDIR", &temporary).process_group(0);
        let mut verb = Running::start(verb);
        let line = verb.until(" runs");
        let sleeper = Identity::of(line.split(' ').next().unwrap().parse().unwrap()).unwrap();
        assert_eq!(std::fs::read_dir(&temporary).unwrap().count(), 1, "the command has a kubeconfig");
        verb.signal(signal);
        let (code, said) = verb.end();
        assert_eq!(code, Some(ends), "{signal}: {said}");
        assert!(sleeper.wait_ended(std::time::Duration::from_secs(30)).unwrap(), "{script} runs on");
        assert_eq!(std::fs::read_dir(&temporary).unwrap().count(), 0, "its kubeconfig is left");
    }
}
