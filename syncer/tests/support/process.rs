//! The real programs, as children that end with the test.

use std::{
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
};

use serde_json::json;

use super::{ADMIN_TOKEN, RANGE, certificates::Authority, free_port};

/// Children by the order in which they were started; killed in the reverse order.
pub(crate) struct Processes {
    folder: PathBuf,
    children: Vec<Program>,
}

struct Program {
    name: String,
    command: Command,
    child: Child,
}

impl Program {
    fn kill(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

impl Drop for Processes {
    fn drop(&mut self) {
        self.children.iter_mut().rev().for_each(Program::kill);
        if std::thread::panicking() {
            self.tell_logs();
        }
    }
}

impl Processes {
    /// The end of every log, for a test that failed.
    fn tell_logs(&self) {
        let logs = fs_err::read_dir(&self.folder).into_iter().flatten().flatten();
        for log in logs.filter(|entry| entry.path().extension().is_some_and(|extension| extension == "log")) {
            let text = fs_err::read_to_string(log.path()).unwrap_or_default();
            let lines: Vec<&str> = text.lines().collect();
            eprintln!("--- {}\n{}", log.path().display(), lines[lines.len().saturating_sub(12)..].join("\n"));
        }
    }

    pub(super) fn new(folder: &Path) -> Self {
        Self { folder: folder.to_owned(), children: Vec::new() }
    }

    /// Returns its address.
    pub(super) fn etcd(&mut self, name: &str) -> String {
        let (client, peer) =
            (format!("http://127.0.0.1:{}", free_port()), format!("http://127.0.0.1:{}", free_port()));
        let data = self.folder.join(name);
        let mut command = program("etcd");
        command
            .arg("--data-dir")
            .arg(data)
            .arg("--unsafe-no-fsync")
            .args(["--listen-client-urls", &client, "--advertise-client-urls", &client])
            .args(["--listen-peer-urls", &peer, "--initial-advertise-peer-urls", &peer])
            .args(["--initial-cluster", &format!("default={peer}")]);
        self.spawn(name, command);
        client
    }

    /// Returns its address.
    pub(super) fn api_server(
        &mut self,
        name: &str,
        etcd: &str,
        authority: &Authority,
        egress: &Path,
    ) -> String {
        let port = free_port();
        let tokens = self.folder.join("tokens.csv");
        fs_err::write(&tokens, format!("{ADMIN_TOKEN},admin,1,system:masters\n"))
            .expect("the folder can be written");
        let file = |flag: &str, path: PathBuf| format!("--{flag}={}", path.display());
        let mut command = program("kube-apiserver");
        command
            .args([
                format!("--etcd-servers={etcd}"),
                format!("--etcd-prefix=/{name}"),
                format!("--secure-port={port}"),
            ])
            .args([
                "--bind-address=127.0.0.1",
                "--authorization-mode=RBAC",
                "--allow-privileged=true",
                "--service-account-issuer=https://tests",
            ])
            .args(["--service-account-extend-token-expiration=false", "--endpoint-reconciler-type=none"])
            .args(["--kubelet-preferred-address-types=InternalIP"])
            .arg(format!("--service-cluster-ip-range={RANGE}"))
            .args([
                file("egress-selector-config-file", egress.to_owned()),
                file("cert-dir", self.folder.join(name)),
                file("tls-cert-file", authority.server_certificate()),
                file("tls-private-key-file", authority.server_key()),
                file("client-ca-file", authority.file()),
                file("token-auth-file", tokens),
                file("service-account-key-file", authority.path("accounts.pub")),
                file("service-account-signing-key-file", authority.path("accounts.key")),
                file("kubelet-client-certificate", authority.path("client.crt")),
                file("kubelet-client-key", authority.path("client.key")),
                file("kubelet-certificate-authority", authority.file()),
            ]);
        self.spawn(&format!("{name}-apiserver"), command);
        format!("https://127.0.0.1:{port}")
    }

    /// These controllers of kube-controller-manager, and no others.
    pub(super) fn controllers(&mut self, url: &str, names: &str) {
        let kubeconfig = self.folder.join("controllers.kubeconfig");
        let text = json!({
            "apiVersion": "v1", "kind": "Config", "current-context": "c",
            "clusters": [{"name": "c", "cluster": {"server": url, "certificate-authority": self.folder.join("ca.crt")}}],
            "users": [{"name": "c", "user": {"token": ADMIN_TOKEN}}],
            "contexts": [{"name": "c", "context": {"cluster": "c", "user": "c"}}],
        });
        fs_err::write(&kubeconfig, text.to_string()).expect("the folder can be written");
        let mut command = program("kube-controller-manager");
        command
            .arg(format!("--kubeconfig={}", kubeconfig.display()))
            .arg(format!("--controllers={names}"))
            .args(["--leader-elect=false", "--bind-address=127.0.0.1"])
            .arg(format!("--secure-port={}", free_port()));
        self.spawn("controllers", command);
    }

    fn spawn(&mut self, name: &str, mut command: Command) {
        let log =
            fs_err::File::create(self.folder.join(format!("{name}.log"))).expect("the folder can be written");
        let (log, _) = log.into_parts();
        command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(log);
        let child = command.spawn().unwrap_or_else(|error| panic!("{name} does not start: {error}"));
        self.children.push(Program { name: name.to_owned(), command, child });
    }

    /// Kills a program, as a crash would.
    pub(crate) fn stop(&mut self, name: &str) {
        self.named(name).kill();
    }

    /// Starts it as before.
    pub(crate) fn start_again(&mut self, name: &str) {
        let program = self.named(name);
        program.child = program.command.spawn().expect("starts again");
    }

    /// Whether it has ended by itself.
    pub(crate) fn has_ended(&mut self, name: &str) -> bool {
        self.named(name).child.try_wait().is_ok_and(|status| status.is_some())
    }

    /// Its process id.
    pub(crate) fn id(&mut self, name: &str) -> u32 {
        self.named(name).child.id()
    }

    /// Sets or removes a variable for its later starts.
    pub(crate) fn set(&mut self, name: &str, variable: &str, value: Option<&str>) {
        let command = &mut self.named(name).command;
        match value {
            Some(value) => command.env(variable, value),
            None => command.env_remove(variable),
        };
    }

    fn named(&mut self, name: &str) -> &mut Program {
        self.children.iter_mut().find(|program| program.name == name).expect("a program of that name")
    }
}

/// A program of the assets folder.
pub(super) fn program(name: &str) -> Command {
    let path = assets().into_iter().map(|folder| folder.join(name)).find(|path| path.is_file());
    let path = path
        .unwrap_or_else(|| panic!("no {name}: run `tenantbench tools install`, or set TENANTBENCH_ASSETS"));
    Command::new(path)
}

/// The folders that may hold the servers: the ones that are named, then what `tenantbench tools install` has made.
fn assets() -> Vec<PathBuf> {
    let named = ["TENANTBENCH_ASSETS", "KUBEBUILDER_ASSETS"]
        .into_iter()
        .filter_map(std::env::var_os)
        .map(PathBuf::from);
    let home = std::env::var_os("HOME").map(|home| PathBuf::from(home).join(".cache"));
    let cache = std::env::var_os("XDG_CACHE_HOME").map(PathBuf::from).or(home);
    let versions = cache.and_then(|cache| std::fs::read_dir(cache.join("tenantbench/assets")).ok());
    named.chain(versions.into_iter().flatten().flatten().map(|version| version.path())).collect()
}
