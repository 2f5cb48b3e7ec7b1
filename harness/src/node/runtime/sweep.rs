//! Makes sure that nothing of a pod runs on.

use nix::{
    sys::{signal::Signal, wait::waitpid},
    unistd::Pid,
};
use procfs::process::all_processes;

use crate::process::Identity;

/// The environment variable that marks every process of a pod; its value is the pod's uid.
pub(crate) const POD_VARIABLE: &str = "TENANTBENCH_POD";

/// Killing a parent can bring up children that had started meanwhile; each pass kills a generation.
const PASSES: usize = 16;

/// Kills every process with the pod's mark, and those that these started, and waits until they are gone.
pub(crate) async fn end_all(uid: String) {
    let sweep = move || {
        for _ in 0..PASSES {
            let left = of_pod(&uid);
            if left.is_empty() {
                return;
            }
            for process in left {
                process.signal(Signal::SIGKILL);
                // Ours only if its parent has died before it; otherwise its parent waits for it, or dies next.
                let _ = waitpid(Pid::from_raw(process.pid.cast_signed()), None);
            }
        }
        tracing::warn!(pod = uid, "processes of a pod could not be ended");
    };
    // It fails only where it panics.
    drop(tokio::task::spawn_blocking(sweep).await);
}

fn of_pod(uid: &str) -> Vec<Identity> {
    let Ok(processes) = all_processes() else { return Vec::new() };
    let marked = processes.flatten().filter(|process| {
        process.environ().is_ok_and(|environment| {
            environment.iter().any(|(name, value)| name == POD_VARIABLE && value == uid)
        })
    });
    marked
        .filter_map(|process| Identity::of(process.pid.cast_unsigned()))
        .filter(|one| one.is_alive())
        .collect()
}
