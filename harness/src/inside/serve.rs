//! A server that tells whom one has reached.

use std::{
    io::{self, BufRead, BufReader, Write},
    net::{Ipv4Addr, TcpListener, TcpStream},
    process::ExitCode,
    thread,
    time::Duration,
};

use nix::sys::signal::{SigSet, Signal};
use serde::{Deserialize, Serialize};

use super::{ended, say};

/// What the server answers.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Greeting {
    /// The host name of the one that was reached.
    pub from: String,
    /// The address that it was reached from.
    pub to: String,
}

/// A client that says nothing does not hold its thread for longer.
const PATIENCE: Duration = Duration::from_secs(10);

/// Serves HTTP on a port until a signal, and logs each request.
pub fn serve(port: u16) -> ExitCode {
    let signals = hold_signals();
    ended(signals.and_then(|signals| {
        let listener = TcpListener::bind((Ipv4Addr::UNSPECIFIED, port))?;
        println!("serving on port {port}");
        thread::spawn(move || {
            for client in listener.incoming().flatten() {
                thread::spawn(move || drop(greet(&client)));
            }
        });
        wait(&signals)
    }))
}

/// Does nothing until a signal: what a pod runs that is only to be there.
pub fn idle() -> ExitCode {
    ended(hold_signals().and_then(|signals| wait(&signals)))
}

/// As the first process of a container a program gets no signal that it does not ask for. Threads inherit the mask.
fn hold_signals() -> io::Result<SigSet> {
    let signals: SigSet = [Signal::SIGTERM, Signal::SIGINT].into_iter().collect();
    signals.thread_block()?;
    Ok(signals)
}

fn wait(signals: &SigSet) -> io::Result<()> {
    let signal = signals.wait()?;
    println!("ended by {signal}");
    Ok(())
}

fn greet(client: &TcpStream) -> io::Result<()> {
    client.set_read_timeout(Some(PATIENCE))?;
    let to = client.peer_addr()?.ip().to_string();
    // The head ends with an empty line; no request has a body.
    for line in BufReader::new(client).lines() {
        if line?.trim().is_empty() {
            break;
        }
    }
    let greeting = Greeting { from: host_name(), to };
    let body = serde_json::to_string(&greeting)?;
    let head = format!(
        "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: {}\r\nConnection: close\r\n\r\n",
        body.len()
    );
    let mut answer: &TcpStream = client;
    answer.write_all(format!("{head}{body}").as_bytes())?;
    say(&greeting)
}

pub(super) fn host_name() -> String {
    nix::unistd::gethostname().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::inside::{Fetched, fetch::attempt};

    #[test]
    fn who_asks_is_told_who_answered() {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let server = thread::spawn(move || greet(&listener.accept().unwrap().0).unwrap());
        let fetched = attempt(&address.to_string(), Duration::from_secs(5));
        server.join().unwrap();
        let Fetched::Answered { greeting, address: reached } = fetched else { panic!("{fetched:?}") };
        assert_eq!(greeting, Greeting { from: host_name(), to: "127.0.0.1".into() });
        assert_eq!(reached, address.to_string());
    }
}
