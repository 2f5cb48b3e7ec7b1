//! A client that says how far it came.

use std::{
    io::{self, Read, Write},
    net::{SocketAddr, TcpStream, ToSocketAddrs},
    process::ExitCode,
    thread,
    time::{Duration, Instant},
};

use serde::{Deserialize, Serialize};

use super::{Greeting, ended, say};

/// How far a client came.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "outcome", rename_all = "kebab-case")]
pub enum Fetched {
    /// The server said who it is.
    Answered {
        /// What it said.
        greeting: Greeting,
        /// The address that the name stood for.
        address: String,
    },
    /// The name means nothing here.
    Unresolved {
        /// The resolver's words.
        why: String,
    },
    /// No connection, or no answer, in the given time.
    Unreached {
        /// The address that was tried.
        address: String,
        /// The system's words.
        why: String,
    },
}

/// Nothing tells when a network has taken up a change, so a client can only try again.
const BETWEEN: Duration = Duration::from_millis(100);

/// Asks `HOST:PORT` until it is answered or `patience` ends, at least once, and prints the last [`Fetched`] as JSON.
pub fn fetch(target: &str, limit: Duration, patience: Duration) -> ExitCode {
    let end = Instant::now() + patience;
    let mut fetched = attempt(target, limit);
    while !matches!(fetched, Fetched::Answered { .. }) && Instant::now() + BETWEEN < end {
        thread::sleep(BETWEEN);
        fetched = attempt(target, limit);
    }
    ended(say(&fetched))
}

pub(super) fn attempt(target: &str, limit: Duration) -> Fetched {
    let address = match target.to_socket_addrs().map(|mut all| all.next()) {
        Ok(Some(address)) => address,
        Ok(None) => return Fetched::Unresolved { why: "the name has no address".into() },
        Err(error) => return Fetched::Unresolved { why: error.to_string() },
    };
    match ask(address, target, limit) {
        Ok(greeting) => Fetched::Answered { greeting, address: address.to_string() },
        Err(error) => Fetched::Unreached { address: address.to_string(), why: error.to_string() },
    }
}

fn ask(address: SocketAddr, host: &str, limit: Duration) -> io::Result<Greeting> {
    let mut server = TcpStream::connect_timeout(&address, limit)?;
    server.set_read_timeout(Some(limit))?;
    server.write_all(format!("GET / HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n\r\n").as_bytes())?;
    let mut answer = String::new();
    server.read_to_string(&mut answer)?;
    greeting(&answer)
}

/// Takes the greeting out of the server's answer, which is one of ours or none.
pub(crate) fn greeting(answer: &str) -> io::Result<Greeting> {
    let stranger = || io::Error::other("something else answered");
    let (head, body) = answer.split_once("\r\n\r\n").ok_or_else(stranger)?;
    if !head.starts_with("HTTP/1.1 200") {
        return Err(stranger());
    }
    serde_json::from_str(body).map_err(|_| stranger())
}

#[cfg(test)]
mod tests {
    use std::net::TcpListener;

    use super::*;

    const SHORT: Duration = Duration::from_millis(200);

    #[test]
    fn a_closed_port_and_a_silent_server_are_not_reached() {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap().to_string();
        assert!(matches!(attempt(&address, SHORT), Fetched::Unreached { .. }), "it accepts and is silent");
        // A port that is held and not listened at is closed, and nobody else's.
        let held = tokio::net::TcpSocket::new_v4().unwrap();
        held.bind("127.0.0.1:0".parse().unwrap()).unwrap();
        let closed = held.local_addr().unwrap().to_string();
        let Fetched::Unreached { why, .. } = attempt(&closed, SHORT) else { panic!() };
        assert!(why.contains("refused"), "{why}");
    }

    #[test]
    fn a_name_that_is_none_is_not_taken_for_a_network_that_is_down() {
        assert!(matches!(attempt("no such name:80", SHORT), Fetched::Unresolved { .. }));
    }

    #[test]
    fn a_strangers_answer_is_no_greeting() {
        for answer in ["", "HTTP/1.1 200 OK\r\n\r\nhello", "HTTP/1.1 404 Not Found\r\n\r\n{}"] {
            assert!(greeting(answer).is_err(), "{answer}");
        }
    }
}
