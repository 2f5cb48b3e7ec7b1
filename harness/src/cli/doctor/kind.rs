//! What hosts of kind `kind` need. A machine without them is no worse for local hosts.

use super::finding::{Finding, gigabytes};
use crate::{
    assets::Options,
    host::kind::{
        DockerError,
        docker::Engine,
        fitness::{Fitness, Source},
    },
};

/// A node image, its containers, and what they write in a run.
const DISK: u64 = 5_000_000_000;
/// What some ten nodes need, by kind's own experience.
const WATCHES: u64 = 524_288;
const INSTANCES: u64 = 512;

pub(super) async fn check(options: &Options) -> Vec<Finding> {
    let fitness = Fitness::look(options).await;
    let mut findings = vec![docker(&fitness.engine)];
    if let Ok(engine) = &fitness.engine {
        findings.extend([cgroups(&engine.cgroup_version), disk(engine)]);
        let limit = |name: &str| {
            let text = fs_err::read_to_string(format!("/proc/sys/fs/inotify/{name}")).ok()?;
            text.trim().parse().ok()
        };
        findings.push(inotify(limit("max_user_watches"), limit("max_user_instances")));
        findings.push(source("node image", &fitness.image, |image| image.reference().to_owned()));
    }
    findings.push(source("kind", &fitness.program, |found| {
        format!("{} ({}, {})", found.version, found.source, found.path.display())
    }));
    findings
}

fn docker(engine: &Result<Engine, DockerError>) -> Finding {
    match engine {
        Ok(engine) => Finding::ok("docker", engine.server_version.clone()),
        Err(DockerError::Missing) => Finding::note("docker", "not there (only hosts of kind `kind` need it)"),
        // The message says what to do.
        Err(error) => Finding::doubt("docker", error.to_string(), "as said, for hosts of kind `kind`"),
    }
}

fn cgroups(version: &str) -> Finding {
    match version {
        "2" => Finding::ok("cgroup", "v2"),
        "" => Finding::note("cgroup", "Docker does not say which version"),
        old => Finding::note(
            "cgroup",
            format!("v{old}: kind's own node image does not start here; that of `tools node-image` does"),
        ),
    }
}

fn disk(engine: &Engine) -> Finding {
    let root = &engine.docker_root_dir;
    match engine.free_bytes() {
        Some(free) => room(root, free),
        None => Finding::note("docker disk", format!("{root} is not on this machine, or not ours to see")),
    }
}

fn room(root: &str, free: u64) -> Finding {
    let detail = format!("{root} ({} free)", gigabytes(free));
    match free < DISK {
        true => {
            Finding::doubt("docker disk", detail, format!("free {}: docker system prune", gigabytes(DISK)))
        }
        false => Finding::ok("docker disk", detail),
    }
}

fn inotify(watches: Option<u64>, instances: Option<u64>) -> Finding {
    let check = "inotify of nodes";
    let Some((watches, instances)) = watches.zip(instances) else {
        return Finding::note(check, "the limits cannot be read");
    };
    let detail = format!("{watches} watches, {instances} instances");
    if watches >= WATCHES && instances >= INSTANCES {
        return Finding::ok(check, detail);
    }
    Finding::doubt(
        check,
        format!("{detail}: enough for a few nodes"),
        format!("sysctl fs.inotify.max_user_watches={WATCHES} fs.inotify.max_user_instances={INSTANCES}"),
    )
}

fn source<T>(check: &str, found: &Result<Source<T>, String>, describe: impl Fn(&T) -> String) -> Finding {
    match found {
        Ok(Source::There(thing)) => Finding::ok(check, describe(thing)),
        Ok(Source::ToBeHad(how)) => Finding::note(check, format!("not there; it is {how} when first needed")),
        Err(reason) => Finding::note(check, format!("{reason} (only hosts of kind `kind` need it)")),
    }
}

#[cfg(test)]
mod tests {
    use super::{super::finding::Grade, *};

    #[test]
    fn docker_that_is_there_and_does_not_answer_is_a_doubt_and_its_absence_is_none() {
        assert_eq!(docker(&Err(DockerError::Missing)).grade, Grade::Note);
        assert_eq!(docker(&Err(DockerError::NotRunning("x".into()))).grade, Grade::Doubt);
        assert_eq!(docker(&Ok(Engine::default())).grade, Grade::Ok);
    }

    #[test]
    fn limits_that_stop_the_tenth_node_are_a_doubt_with_a_remedy() {
        let finding = inotify(Some(8192), Some(128));
        assert_eq!(finding.grade, Grade::Doubt, "{finding:?}");
        assert!(finding.remedy.unwrap().contains("max_user_watches=524288"));
        assert_eq!(inotify(Some(WATCHES), Some(INSTANCES)).grade, Grade::Ok);
    }

    #[test]
    fn a_small_disk_and_old_cgroups_are_told() {
        assert_eq!(room("/var/lib/docker", 1).grade, Grade::Doubt);
        assert_eq!(cgroups("1").grade, Grade::Note);
        assert_eq!(cgroups("2").grade, Grade::Ok);
    }
}
