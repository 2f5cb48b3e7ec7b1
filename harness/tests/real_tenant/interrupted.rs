//! Ctrl-C in the verbs of `tenant`.

use nix::sys::signal::Signal;

use crate::{developer::Developer, lab::running::Running};

const WAITS: &str = "waiting for the control plane of mine";

/// More than the namespace's quota has, so that its plane never comes up.
const TOO_LARGE: &str = "resources: {etcd: {cpu: '100', cpuLimit: '100'}}";

/// Interrupts a verb as soon as it waits; what it said.
fn interrupted(developer: &Developer, arguments: &[&str]) -> String {
    let mut verb = Running::start(developer.tenant(arguments));
    verb.until(WAITS);
    verb.signal(Signal::SIGINT);
    let (code, said) = verb.end();
    assert_eq!(code, Some(130), "{arguments:?}: {said}");
    said
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
