//! Networks and the address a request comes from.
//!
//! Owns how `X-Forwarded-For` is believed: only from a trusted proxy, read from the right. It must
//! not know actix or what the address is used for.

use std::fmt;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::str::FromStr;

/// A block of addresses in CIDR form; one address is a block of its full length.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Network {
    base: IpAddr,
    length: u32,
}

impl Network {
    /// Whether an address lies in the block; an IPv4 address in IPv6 clothing counts as IPv4.
    pub fn contains(&self, address: IpAddr) -> bool {
        match (self.base, address.to_canonical()) {
            (IpAddr::V4(base), IpAddr::V4(address)) => {
                same_prefix(u128::from(base.to_bits()), u128::from(address.to_bits()), 32, self.length)
            }
            (IpAddr::V6(base), IpAddr::V6(address)) => {
                same_prefix(base.to_bits(), address.to_bits(), 128, self.length)
            }
            _ => false,
        }
    }
}

fn same_prefix(left: u128, right: u128, width: u32, length: u32) -> bool {
    (left ^ right).checked_shr(width - length).unwrap_or(0) == 0
}

impl FromStr for Network {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let bad = || format!("`{text}` is not a network such as 10.0.0.0/8 or an address");
        let (address, length) = match text.split_once('/') {
            Some((address, length)) => (address, Some(length)),
            None => (text, None),
        };
        let base = address.parse::<IpAddr>().map_err(|_| bad())?.to_canonical();
        let width = if base.is_ipv4() { 32 } else { 128 };
        let length = match length {
            Some(length) => length.parse::<u32>().map_err(|_| bad())?,
            None => width,
        };
        if length > width { Err(bad()) } else { Ok(Self { base, length }) }
    }
}

impl fmt::Display for Network {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.base, self.length)
    }
}

/// The address of the client: the peer's, or what trusted proxies say it is.
///
/// `forwarded` holds the values of all `X-Forwarded-For` headers in their order. They are read
/// from the right, and the first address that is not a trusted proxy is the client: what stands
/// left of it could have been written by the client itself.
pub fn client_address<'a>(
    peer: IpAddr,
    forwarded: impl DoubleEndedIterator<Item = &'a str>,
    trusted: &[Network],
) -> IpAddr {
    let is_trusted = |address: IpAddr| trusted.iter().any(|network| network.contains(address));
    let mut client = peer.to_canonical();
    if !is_trusted(client) {
        return client;
    }
    for hop in forwarded.rev().flat_map(|value| value.rsplit(',')) {
        let Some(address) = parse_hop(hop.trim()) else { break };
        client = address;
        if !is_trusted(client) {
            break;
        }
    }
    client
}

/// An address as proxies write it: bare, in brackets, with or without a port.
fn parse_hop(hop: &str) -> Option<IpAddr> {
    let address = hop
        .parse::<IpAddr>()
        .ok()
        .or_else(|| hop.parse::<std::net::SocketAddr>().ok().map(|a| a.ip()))
        .or_else(|| hop.strip_prefix('[')?.strip_suffix(']')?.parse().ok())?;
    Some(address.to_canonical())
}

/// The network that stands for a client: its /24 (IPv4) or /48 (IPv6), for logs.
pub fn truncated(address: IpAddr) -> IpAddr {
    match address.to_canonical() {
        IpAddr::V4(v4) => IpAddr::V4(Ipv4Addr::from_bits(v4.to_bits() & 0xFFFF_FF00)),
        IpAddr::V6(v6) => IpAddr::V6(Ipv6Addr::from_bits(v6.to_bits() & (u128::MAX << 80))),
    }
}

/// The key under which a client is counted: the address, or the /64 that one IPv6 client owns.
pub fn counted(address: IpAddr) -> IpAddr {
    match address.to_canonical() {
        IpAddr::V6(v6) => IpAddr::V6(Ipv6Addr::from_bits(v6.to_bits() & (u128::MAX << 64))),
        v4 => v4,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ip(text: &str) -> IpAddr {
        text.parse().unwrap()
    }

    #[test]
    fn a_block_contains_its_addresses_and_no_others() {
        let block: Network = "10.0.0.0/8".parse().unwrap();
        assert!(block.contains(ip("10.255.0.1")));
        assert!(block.contains(ip("::ffff:10.1.1.1")));
        assert!(!block.contains(ip("11.0.0.1")));
        assert!(!block.contains(ip("2001:db8::1")));
        let all: Network = "0.0.0.0/0".parse().unwrap();
        assert!(all.contains(ip("203.0.113.9")));
        let all: Network = "::/0".parse().unwrap();
        assert!(all.contains(ip("2001:db8::1")));
        let one: Network = "2001:db8::1".parse().unwrap();
        assert!(one.contains(ip("2001:db8::1")));
        assert!(!one.contains(ip("2001:db8::2")));
        for bad in ["10.0.0.0/33", "10.0.0/8", "", "a/8", "10.0.0.0/-1", "::/129"] {
            assert!(bad.parse::<Network>().is_err(), "{bad}");
        }
    }

    #[test]
    fn a_forwarded_header_counts_only_from_a_trusted_proxy() {
        let trusted = ["10.0.0.0/8".parse().unwrap()];
        let header = ["203.0.113.9, 198.51.100.7", "10.0.0.3"];
        assert_eq!(client_address(ip("192.0.2.1"), header.into_iter(), &trusted), ip("192.0.2.1"));
        // The left-most address was written by the client and is not believed.
        assert_eq!(client_address(ip("10.0.0.2"), header.into_iter(), &trusted), ip("198.51.100.7"));
        assert_eq!(client_address(ip("10.0.0.2"), [].into_iter(), &trusted), ip("10.0.0.2"));
        for (hop, expected) in [
            ("[2001:db8::1]:443", "2001:db8::1"),
            ("[2001:db8::1]", "2001:db8::1"),
            ("198.51.100.7:1234", "198.51.100.7"),
            ("unknown", "10.0.0.2"),
        ] {
            assert_eq!(client_address(ip("10.0.0.2"), [hop].into_iter(), &trusted), ip(expected), "{hop}");
        }
    }

    #[test]
    fn addresses_are_cut_for_logs_and_counted_by_owner() {
        assert_eq!(truncated(ip("203.0.113.77")), ip("203.0.113.0"));
        assert_eq!(truncated(ip("2001:db8:1:2::3")), ip("2001:db8:1::"));
        assert_eq!(counted(ip("2001:db8:1:2:3::4")), ip("2001:db8:1:2::"));
        assert_eq!(counted(ip("203.0.113.77")), ip("203.0.113.77"));
    }
}
