//! A range of IPv4 addresses.

use std::{fmt, net::Ipv4Addr, str::FromStr};

use serde::{Deserialize, Serialize};

/// An IPv4 range such as `10.96.0.0/16`; its base has no bits outside the prefix.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Cidr {
    base: Ipv4Addr,
    prefix: u8,
}

/// A text that is no IPv4 range.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
#[error("{text}: not an IPv4 range such as 10.96.0.0/16, with all bits after the prefix zero")]
pub struct CidrError {
    text: String,
}

impl Cidr {
    /// The range of `prefix` leading bits, at most 32, that `address` lies in.
    pub const fn new(address: [u8; 4], prefix: u8) -> Self {
        let bits = Ipv4Addr::new(address[0], address[1], address[2], address[3]).to_bits();
        Self { base: Ipv4Addr::from_bits(bits & mask(prefix)), prefix }
    }

    /// The address `offset` places after the base; none beyond the range.
    pub fn nth(self, offset: u32) -> Option<Ipv4Addr> {
        let size = 1u64 << (32 - self.prefix);
        (u64::from(offset) < size).then(|| Ipv4Addr::from_bits(self.base.to_bits() + offset))
    }

    /// True if the address lies in the range.
    pub fn contains(self, address: Ipv4Addr) -> bool {
        address.to_bits() & mask(self.prefix) == self.base.to_bits()
    }

    /// The first address, which has no bits after the prefix.
    pub fn base(self) -> Ipv4Addr {
        self.base
    }

    /// The number of leading bits that all its addresses share.
    pub fn prefix(self) -> u8 {
        self.prefix
    }
}

const fn mask(prefix: u8) -> u32 {
    match u32::MAX.checked_shl(32 - prefix as u32) {
        Some(mask) => mask,
        None => 0,
    }
}

impl FromStr for Cidr {
    type Err = CidrError;

    fn from_str(text: &str) -> Result<Self, CidrError> {
        let parse = || {
            let (base, prefix) = text.split_once('/')?;
            let (base, prefix) = (base.parse::<Ipv4Addr>().ok()?, prefix.parse::<u8>().ok()?);
            (prefix <= 32 && base.to_bits() & !mask(prefix) == 0).then_some(Self { base, prefix })
        };
        parse().ok_or_else(|| CidrError { text: text.to_owned() })
    }
}

impl TryFrom<String> for Cidr {
    type Error = CidrError;

    fn try_from(text: String) -> Result<Self, CidrError> {
        text.parse()
    }
}

impl From<Cidr> for String {
    fn from(cidr: Cidr) -> Self {
        cidr.to_string()
    }
}

impl fmt::Display for Cidr {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.base, self.prefix)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_service_address_is_one_after_the_base() {
        let cidr: Cidr = "10.96.0.0/16".parse().unwrap();
        assert_eq!(cidr.nth(1), Some(Ipv4Addr::new(10, 96, 0, 1)));
        assert_eq!(cidr.nth(65536), None);
        assert!(cidr.contains(Ipv4Addr::new(10, 96, 255, 255)));
        assert!(!cidr.contains(Ipv4Addr::new(10, 97, 0, 0)));
    }

    #[test]
    fn a_base_with_bits_outside_the_prefix_is_refused() {
        for text in ["10.96.0.1/16", "10.96.0.0", "10.96.0.0/33", "::/0", "x/8"] {
            assert!(text.parse::<Cidr>().is_err(), "{text}");
        }
        assert_eq!("0.0.0.0/0".parse::<Cidr>().unwrap().to_string(), "0.0.0.0/0");
    }
}
