//! Free ports on the loopback interface.

use std::{io, net::TcpListener};

use rand::RngExt as _;

/// Below the range from which the kernel gives ports to outgoing connections: a server binds seconds after
/// the port was chosen, and a connection must not take it meanwhile.
const RANGE: std::ops::Range<u16> = 20_000..32_000;
const ATTEMPTS: usize = 500;

/// Chooses `N` different TCP ports on 127.0.0.1 that are free now.
///
/// # Errors
/// When none is found in many tries.
pub fn free_ports<const N: usize>() -> io::Result<[u16; N]> {
    // All are held until the last is found, so that they differ.
    let mut held = Vec::with_capacity(N);
    let mut random = rand::rng();
    for _ in 0..ATTEMPTS {
        if held.len() == N {
            break;
        }
        let port = random.random_range(RANGE);
        if let Ok(listener) = TcpListener::bind(("127.0.0.1", port)) {
            held.push((port, listener));
        }
    }
    let ports: Vec<u16> = held.iter().map(|(port, _)| *port).collect();
    ports.try_into().map_err(|_| io::Error::new(io::ErrorKind::AddrInUse, "no free TCP port on 127.0.0.1"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_ports_differ_and_can_be_bound() {
        let ports = free_ports::<4>().unwrap();
        let bound: Vec<_> =
            ports.iter().map(|port| TcpListener::bind(("127.0.0.1", *port)).unwrap()).collect();
        assert_eq!(bound.len(), 4);
    }
}
