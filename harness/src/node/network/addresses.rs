//! Which pod addresses are free.

use std::{collections::HashSet, net::Ipv4Addr};

use crate::host::cidr::Cidr;

/// Gives out addresses in turn, so that one that was just released is not used again at once.
#[derive(Debug)]
pub(super) struct AddressPool {
    range: Cidr,
    next: u32,
    used: HashSet<Ipv4Addr>,
}

/// The network's own address and the gateway's.
const RESERVED: u32 = 2;

impl AddressPool {
    pub(super) fn new(range: Cidr) -> Self {
        Self { range, next: RESERVED, used: HashSet::new() }
    }

    /// An address that nobody has; none when all are taken.
    pub(super) fn take(&mut self) -> Option<Ipv4Addr> {
        for _ in 0..=self.used.len() + RESERVED as usize {
            let Some(address) = self.range.nth(self.next) else {
                self.next = RESERVED;
                continue;
            };
            self.next += 1;
            if self.used.insert(address) {
                return Some(address);
            }
        }
        None
    }

    pub(super) fn release(&mut self, address: Ipv4Addr) {
        self.used.remove(&address);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pool(prefix: u8) -> AddressPool {
        AddressPool::new(Cidr::new([10, 244, 0, 0], prefix))
    }

    #[test]
    fn the_gateway_is_never_given_out() {
        assert_eq!(pool(16).take(), Some(Ipv4Addr::new(10, 244, 0, 2)));
    }

    #[test]
    fn a_released_address_comes_last() {
        let mut pool = pool(30);
        let first = pool.take().unwrap();
        pool.release(first);
        assert_ne!(pool.take(), Some(first));
        assert_eq!(pool.take(), Some(first));
    }

    #[test]
    fn a_full_range_gives_nothing() {
        let mut pool = pool(30);
        assert!(pool.take().is_some() && pool.take().is_some());
        assert_eq!(pool.take(), None);
    }
}
