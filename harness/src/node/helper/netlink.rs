//! The few rtnetlink requests that a pod's network takes, each answered before the next is sent.
//!
//! A socket speaks for the network namespace in which it was made, so one process can set up both ends of a link.

use std::{io, net::Ipv4Addr, os::fd::RawFd};

use netlink_packet_core::{
    NLM_F_ACK, NLM_F_CREATE, NLM_F_EXCL, NLM_F_REQUEST, NetlinkHeader, NetlinkMessage, NetlinkPayload,
};
use netlink_packet_route::{
    AddressFamily, RouteNetlinkMessage,
    address::{AddressAttribute, AddressMessage},
    link::{InfoData, InfoKind, InfoVeth, LinkAttribute, LinkFlags, LinkInfo, LinkMessage},
    route::{RouteAddress, RouteAttribute, RouteHeader, RouteMessage, RouteProtocol, RouteScope, RouteType},
};
use netlink_sys::{Socket, SocketAddr, protocols::NETLINK_ROUTE};

use crate::host::cidr::Cidr;

/// The index of the loopback interface in every network namespace.
pub(super) const LOOPBACK: u32 = 1;

/// A conversation with the kernel about one network namespace.
pub(super) struct Netlink(Socket);

impl Netlink {
    /// For the network namespace that this process is in now.
    pub(super) fn here() -> io::Result<Self> {
        let mut socket = Socket::new(NETLINK_ROUTE)?;
        socket.bind_auto()?;
        socket.connect(&SocketAddr::new(0, 0))?;
        Ok(Self(socket))
    }

    pub(super) fn up(&self, link: u32) -> io::Result<()> {
        let mut message = LinkMessage::default();
        message.header.index = link;
        message.header.flags = LinkFlags::Up;
        message.header.change_mask = LinkFlags::Up;
        self.ask(RouteNetlinkMessage::SetLink(message), 0)
    }

    /// Makes a pair of linked interfaces: one here, the other in the network namespace `peer.namespace`.
    pub(super) fn add_pair(&self, here: &End<'_>, peer: &Peer<'_>) -> io::Result<()> {
        let mut far = peer.end.message();
        far.attributes.push(LinkAttribute::NetNsFd(peer.namespace));
        let mut near = here.message();
        near.attributes.push(LinkAttribute::LinkInfo(vec![
            LinkInfo::Kind(InfoKind::Veth),
            LinkInfo::Data(InfoData::Veth(InfoVeth::Peer(far))),
        ]));
        self.ask(RouteNetlinkMessage::NewLink(near), NLM_F_CREATE | NLM_F_EXCL)
    }

    /// Gives an interface an address of its own, without a network around it.
    pub(super) fn add_address(&self, link: u32, address: Ipv4Addr) -> io::Result<()> {
        let mut message = AddressMessage::default();
        message.header.family = AddressFamily::Inet;
        message.header.prefix_len = 32;
        message.header.index = link;
        message.attributes =
            vec![AddressAttribute::Local(address.into()), AddressAttribute::Address(address.into())];
        self.ask(RouteNetlinkMessage::NewAddress(message), NLM_F_CREATE | NLM_F_EXCL)
    }

    /// Makes every address of `range` one of this namespace's own, so that any can be listened on.
    pub(super) fn own(&self, range: Cidr) -> io::Result<()> {
        const TABLE_LOCAL: u8 = 255;
        let mut message = route(RouteScope::Host, RouteType::Local);
        message.header.table = TABLE_LOCAL;
        message.header.destination_prefix_length = range.prefix();
        message.attributes.push(RouteAttribute::Destination(RouteAddress::Inet(range.base())));
        message.attributes.push(RouteAttribute::Oif(LOOPBACK));
        self.add_route(message)
    }

    /// `address` is at the other end of `link`; what is sent there comes from `source`.
    pub(super) fn neighbour(&self, link: u32, address: Ipv4Addr, source: Ipv4Addr) -> io::Result<()> {
        let mut message = route(RouteScope::Link, RouteType::Unicast);
        message.header.destination_prefix_length = 32;
        message.attributes.push(RouteAttribute::Destination(RouteAddress::Inet(address)));
        message.attributes.push(RouteAttribute::PrefSource(RouteAddress::Inet(source)));
        message.attributes.push(RouteAttribute::Oif(link));
        self.add_route(message)
    }

    /// Everything else goes through `gateway`.
    pub(super) fn default_route(&self, link: u32, gateway: Ipv4Addr) -> io::Result<()> {
        let mut message = route(RouteScope::Universe, RouteType::Unicast);
        message.attributes.push(RouteAttribute::Gateway(RouteAddress::Inet(gateway)));
        message.attributes.push(RouteAttribute::Oif(link));
        self.add_route(message)
    }

    fn add_route(&self, message: RouteMessage) -> io::Result<()> {
        self.ask(RouteNetlinkMessage::NewRoute(message), NLM_F_CREATE | NLM_F_EXCL)
    }

    fn ask(&self, message: RouteNetlinkMessage, flags: u16) -> io::Result<()> {
        let mut header = NetlinkHeader::default();
        header.flags = NLM_F_REQUEST | NLM_F_ACK | flags;
        let mut request = NetlinkMessage::new(header, NetlinkPayload::from(message));
        request.finalize();
        let mut bytes = vec![0; request.buffer_len()];
        request.serialize(&mut bytes);
        self.0.send(&bytes, 0)?;
        let (answer, _) = self.0.recv_from_full()?;
        let answer = NetlinkMessage::<RouteNetlinkMessage>::deserialize(&answer).map_err(io::Error::other)?;
        match answer.payload {
            NetlinkPayload::Error(error) if error.code.is_some() => Err(error.to_io()),
            _ => Ok(()),
        }
    }
}

fn route(scope: RouteScope, kind: RouteType) -> RouteMessage {
    let mut message = RouteMessage::default();
    message.header.address_family = AddressFamily::Inet;
    message.header.table = RouteHeader::RT_TABLE_MAIN;
    message.header.protocol = RouteProtocol::Boot;
    message.header.scope = scope;
    message.header.kind = kind;
    message
}

/// One interface of a pair.
pub(super) struct End<'a> {
    pub(super) name: &'a str,
    pub(super) index: u32,
}

impl End<'_> {
    fn message(&self) -> LinkMessage {
        let mut message = LinkMessage::default();
        message.header.index = self.index;
        message.attributes.push(LinkAttribute::IfName(self.name.to_owned()));
        message
    }
}

/// The interface that is made in another network namespace.
pub(super) struct Peer<'a> {
    pub(super) end: End<'a>,
    pub(super) namespace: RawFd,
}
