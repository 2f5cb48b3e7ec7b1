//! Ports for servers that are told theirs.

use std::{
    net::TcpListener,
    sync::atomic::{AtomicU32, Ordering},
};

/// A port of loopback that nobody has, and that no other test of this program is given. It is none of those that the kernel
/// gives to outgoing connections, which would take it before its server does.
pub(crate) fn free_port() -> u16 {
    static NEXT: AtomicU32 = AtomicU32::new(0);
    const RANGE: std::ops::Range<u32> = 20_000..32_000;
    loop {
        let step = std::process::id().wrapping_mul(97).wrapping_add(NEXT.fetch_add(1, Ordering::Relaxed));
        let port = RANGE.start + step % (RANGE.end - RANGE.start);
        let port = u16::try_from(port).expect("a port of the range");
        if TcpListener::bind(("127.0.0.1", port)).is_ok() {
            return port;
        }
    }
}
