//! Clients for watches on one API server that many watch: a connection carries so many streams, and another one is
//! opened when all are full.

use std::sync::Arc;

use kube::{Client, Config};
use parking_lot::Mutex;

use super::{ClientError, Purpose, STREAMS_PER_CONNECTION, client};

/// The clients. Clones are the same.
#[derive(Clone)]
pub struct WatchClients {
    config: Config,
    clients: Arc<Mutex<Vec<Shared>>>,
}

struct Shared {
    client: Client,
    room: Arc<Mutex<usize>>,
}

/// Room for some streams, until it is dropped.
pub struct Lease {
    client: Client,
    streams: usize,
    room: Arc<Mutex<usize>>,
}

impl WatchClients {
    /// None are open yet.
    pub fn new(config: Config) -> Self {
        Self { config, clients: Arc::default() }
    }

    /// Room for so many streams: on a connection that has it, or on a new one.
    ///
    /// # Errors
    /// Credentials or certificates that cannot be used.
    pub fn lease(&self, streams: usize) -> Result<Lease, ClientError> {
        let mut clients = self.clients.lock();
        for shared in clients.iter() {
            if let Some(left) = { *shared.room.lock() }.checked_sub(streams) {
                *shared.room.lock() = left;
                return Ok(Lease { client: shared.client.clone(), streams, room: Arc::clone(&shared.room) });
            }
        }
        let purpose = Purpose::Watches { streams };
        let client = client(self.config.clone(), purpose)?;
        let left = purpose.connections() * STREAMS_PER_CONNECTION - streams;
        let room = Arc::new(Mutex::new(left));
        clients.push(Shared { client: client.clone(), room: Arc::clone(&room) });
        Ok(Lease { client, streams, room })
    }
}

impl Lease {
    /// The client.
    pub fn client(&self) -> &Client {
        &self.client
    }
}

impl Drop for Lease {
    fn drop(&mut self) {
        *self.room.lock() += self.streams;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_connection_is_shared_while_it_has_room() {
        let clients = WatchClients::new(Config::new("https://127.0.0.1:1".parse().expect("an address")));
        let lease = |streams| clients.lease(streams).expect("a lease");
        let (one, _two) = (lease(30), lease(50));
        assert_eq!(clients.clients.lock().len(), 1);
        let _three = lease(10);
        assert_eq!(clients.clients.lock().len(), 2);
        drop(one);
        let _four = (lease(30), lease(70));
        assert_eq!(clients.clients.lock().len(), 2, "what was given back is used again");
        let _many = lease(200);
        assert_eq!(clients.clients.lock().len(), 3);
    }
}
