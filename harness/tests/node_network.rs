//! Two pods as processes in namespaces of their own, with a router between them: as this user and as nobody.

#![expect(clippy::unwrap_used, reason = "a panic is how a test fails")]

#[path = "support/node.rs"]
mod support;

use std::{
    env,
    io::{Read, Write},
    net::{Ipv4Addr, SocketAddrV4, TcpListener, TcpStream},
    os::unix::process::CommandExt,
    path::Path,
    process::Command,
};

use nix::unistd::geteuid;
use tenantbench::{
    node::{
        PodIsolation,
        helper::layout::Process,
        isolation::isolation_check,
        network::{Network, NetworkConfig},
        runtime::{Container, ContainerSpec, Sandbox},
    },
    process::{Ledger, Spawner, last_lines},
};
use tokio::io::{AsyncReadExt, AsyncWriteExt};

const EXECUTABLE: &str = env!("CARGO_BIN_EXE_tenantbench");
const NOBODY: u32 = 65534;

/// Not a test of its own: what the pods of the other tests run.
#[test]
fn pod_program() {
    match env::var("POD_PROGRAM").as_deref() {
        Ok("server") => serve(),
        Ok("client") => println!("answer: {}", ask(&env::var("ASK").unwrap())),
        _ => {}
    }
}

fn serve() {
    let name = env::var("NAME").unwrap();
    let listener = TcpListener::bind("0.0.0.0:8080").unwrap();
    println!("listening");
    for stream in listener.incoming() {
        stream.unwrap().write_all(name.as_bytes()).unwrap();
    }
}

fn ask(address: &str) -> String {
    let mut answer = String::new();
    TcpStream::connect(address).unwrap().read_to_string(&mut answer).unwrap();
    answer
}

struct Pod {
    sandbox: Sandbox,
}

impl Pod {
    async fn new(network: &Network, name: &str) -> Self {
        let address = network.take_address().unwrap();
        Self { sandbox: Sandbox::start(network, address, name).await.unwrap() }
    }

    async fn run(
        &self,
        network: &Network,
        folder: &Path,
        name: &str,
        environment: &[(&str, &str)],
    ) -> Container {
        let program = env::current_exe().unwrap();
        let folder = folder.join(name);
        std::fs::create_dir_all(&folder).unwrap();
        // Not what its file is called on this machine.
        let argv = ["/image/bin/peer", "--exact", "pod_program", "--nocapture"].map(str::to_owned).to_vec();
        let spec = ContainerSpec {
            name: name.to_owned(),
            command: Process { argv, directory: "/".into(), uid: None, gid: None },
            program,
            program_name: "peer".to_owned(),
            environment: environment.iter().map(|(name, value)| ((*name).into(), (*value).into())).collect(),
            mounts: Vec::new(),
            hosts: String::new(),
            log: folder.join("log"),
            folder,
        };
        Container::start(network, &self.sandbox, spec).await.unwrap()
    }

    fn port(&self) -> SocketAddrV4 {
        SocketAddrV4::new(self.sandbox.address(), 8080)
    }
}

async fn ask_from_outside(network: &Network, address: SocketAddrV4) -> String {
    let mut answer = String::new();
    // The server was started just now; its listening is what is waited for.
    for _ in 0..100 {
        match network.dial(address).await {
            Ok(mut stream) => {
                stream.read_to_string(&mut answer).await.unwrap();
                return answer;
            }
            Err(_) => tokio::time::sleep(std::time::Duration::from_millis(20)).await,
        }
    }
    panic!("{address} does not answer");
}

async fn network(folder: &Path) -> Network {
    let spawner = Spawner::start(folder, Ledger::at(folder.join("ledger"))).unwrap();
    let config = NetworkConfig::new(Path::new(EXECUTABLE), &folder.join("egress.sock"));
    let network = Network::start(config, &spawner).await.unwrap();
    assert_eq!(*network.isolation(), PodIsolation::Namespaces);
    network
}

#[tokio::test]
async fn two_pods_on_one_port_are_reached_from_outside_and_from_each_other() {
    let folder = support::folder();
    let path = folder.path();
    let network = network(path).await;
    let (one, two) = (Pod::new(&network, "one").await, Pod::new(&network, "two").await);
    let server = |name: &'static str| [("POD_PROGRAM", "server"), ("NAME", name)];
    let first = one.run(&network, path, "one", &server("first")).await;
    let second = two.run(&network, path, "two", &server("second")).await;
    assert_eq!(ask_from_outside(&network, one.port()).await, "first");
    assert_eq!(ask_from_outside(&network, two.port()).await, "second");

    let ask = two.port().to_string();
    let client = one.run(&network, path, "client", &[("POD_PROGRAM", "client"), ("ASK", &ask)]).await;
    let exit = client.process.exited().await;
    client.log.finished().await;
    let said = last_lines(&path.join("client/log"), 20).join("\n");
    assert!(exit.is_success() && said.contains("answer: second"), "{exit}: {said}");

    first.process.kill();
    second.process.kill();
    first.process.exited().await;
    second.process.exited().await;
    one.sandbox.stop().await;
    two.sandbox.stop().await;
    network.stop().await;
}

#[tokio::test]
async fn the_egress_socket_leads_to_pods_and_says_why_where_it_does_not() {
    let folder = support::folder();
    let path = folder.path();
    let network = network(path).await;
    let pod = Pod::new(&network, "one").await;
    let server = pod.run(&network, path, "one", &[("POD_PROGRAM", "server"), ("NAME", "inside")]).await;
    ask_from_outside(&network, pod.port()).await;
    let connect = async |address: SocketAddrV4| {
        let mut stream = tokio::net::UnixStream::connect(network.egress_socket()).await.unwrap();
        stream.write_all(format!("CONNECT {address} HTTP/1.1\r\n\r\n").as_bytes()).await.unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).await.unwrap();
        answer
    };
    assert!(connect(pod.port()).await.ends_with("\r\n\r\ninside"));
    let nobody_there = SocketAddrV4::new(Ipv4Addr::new(10, 96, 0, 77), 80);
    assert!(connect(nobody_there).await.starts_with("HTTP/1.1 502 "));
    server.process.kill();
    server.process.exited().await;
    pod.sandbox.stop().await;
    network.stop().await;
}

#[tokio::test]
async fn this_machine_lets_pods_be_kept_apart() {
    let folder = support::folder();
    assert_eq!(isolation_check(Path::new(EXECUTABLE), folder.path()).await, PodIsolation::Namespaces);
}

#[test]
fn all_of_it_works_as_nobody() {
    // Who is not root has just run the others so.
    if !geteuid().is_root() {
        return;
    }
    // Supplementary groups are dropped with the user.
    let mut command = Command::new(env::current_exe().unwrap());
    command.args(["--skip", "all_of_it_works_as_nobody"]).env("TMPDIR", "/tmp").current_dir("/");
    let output = command.uid(NOBODY).gid(NOBODY).output().unwrap();
    let text = String::from_utf8_lossy(&output.stdout) + String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{text}");
}
