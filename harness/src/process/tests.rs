//! Children as they are: shells and sleeps.

use std::time::Duration;

use super::*;

struct Lab {
    folder: tempfile::TempDir,
    spawner: Spawner,
}

impl Lab {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let ledger = Ledger::at(folder.path().join("processes.ndjson"));
        let spawner = Spawner::start(folder.path(), ledger).unwrap();
        Self { folder, spawner }
    }

    fn shell(&self, script: &str) -> Program {
        Program::new("shell", "/bin/sh", self.folder.path().join("shell.log")).args(["-c", script])
    }
}

#[tokio::test]
async fn a_child_is_recorded_and_its_end_is_told() {
    let lab = Lab::new();
    let child = lab.spawner.spawn(&lab.shell("echo first; echo last >&2; exit 3")).await.unwrap();
    assert_eq!(child.exited().await, Exit::Code(3));
    assert_eq!(child.last_lines(5), ["first", "last"]);
    let recorded = lab.spawner.ledger().read().unwrap();
    assert_eq!(recorded, [Entry { name: "shell".into(), identity: child.identity() }]);
}

#[tokio::test]
async fn a_child_that_will_not_end_is_killed() {
    let lab = Lab::new();
    let stubborn = lab.shell("trap '' TERM; echo deaf; while :; do sleep 0.05; done");
    let child = lab.spawner.spawn(&stubborn).await.unwrap();
    while child.last_lines(1).is_empty() {
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    assert_eq!(child.stop(Duration::from_millis(200)).await, Exit::Signal(9));
}

#[tokio::test]
async fn what_a_child_started_ends_with_it() {
    let lab = Lab::new();
    let child = lab.spawner.spawn(&lab.shell("sleep 300 & sleep 300 & wait")).await.unwrap();
    while of_run(lab.folder.path()).len() < 3 {
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    let family = of_run(lab.folder.path());
    child.stop(Duration::from_secs(5)).await;
    for entry in family {
        assert!(entry.identity.wait_ended(Duration::from_secs(5)).unwrap(), "{entry:?}");
    }
}

#[tokio::test]
async fn a_child_dies_with_the_thread_that_starts_children() {
    let lab = Lab::new();
    let child = lab.spawner.spawn(&lab.shell("sleep 300")).await.unwrap();
    drop(lab);
    assert_eq!(child.exited().await, Exit::Signal(9));
}

#[tokio::test]
async fn a_program_that_is_not_there_is_named() {
    let lab = Lab::new();
    let absent = Program::new("etcd", "/nowhere/etcd", lab.folder.path().join("log"));
    let error = lab.spawner.spawn(&absent).await.unwrap_err().to_string();
    assert!(error.starts_with("cannot start etcd (/nowhere/etcd): "), "{error}");
}

#[tokio::test]
async fn a_child_inherits_no_variables_but_its_own() {
    let lab = Lab::new();
    let child = lab.spawner.spawn(&lab.shell("env").env("GIVEN", "1")).await.unwrap();
    child.exited().await;
    let mut names: Vec<_> =
        child.last_lines(50).iter().filter_map(|line| Some(line.split_once('=')?.0.to_owned())).collect();
    names.retain(|name| !["PWD", "SHLVL", "_", "OLDPWD"].contains(&name.as_str()));
    names.sort();
    assert_eq!(names, ["GIVEN", "PATH", RUN_VARIABLE]);
}
