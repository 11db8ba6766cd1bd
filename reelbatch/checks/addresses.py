"""Tells public addresses from others. By default, clients' URLs must have a public address."""

import ipaddress
import socket
from urllib.parse import urlsplit


def not_public(host: str) -> str:
    """The message that `host` is not public, with what to do."""
    return (
        f"{host} is not a public address. Give a URL that is reachable from the internet, or have "
        "whoever runs the server set REELBATCH_ALLOW_PRIVATE_NETWORKS."
    )


def private_host(url: str) -> str | None:
    """The host of `url` if it is visibly not public, else None. Workers look up names."""
    try:
        host = urlsplit(url).hostname or ""
    except ValueError:  # an invalid URL is reported elsewhere
        return None
    name = host.rstrip(".")
    if name == "localhost" or name.endswith(".localhost"):  # RFC 6761
        return host
    address = _address_of(name)
    return None if address is None or is_public(address) else host


def _address_of(host: str) -> str | None:
    """The IP address in any form that resolvers accept, such as 127.1 and 0x7f000001."""
    if "$" in host or not (":" in host or host[:1].isdecimal()):
        return None
    try:
        return str(ipaddress.ip_address(host.split("%", 1)[0]))
    except ValueError:
        pass
    try:
        return socket.inet_ntoa(socket.inet_aton(host))
    except OSError:
        return None


def is_public(address: str) -> bool:
    """Whether an IP address is reachable by everyone, including IPv4 addresses wrapped in IPv6.

    In IPv6, only IANA's global unicast range counts: each network decides for itself how it
    translates or routes other ranges.
    """
    parsed = ipaddress.ip_address(address.split("%", 1)[0])
    is_global = parsed.is_global and not any(parsed in network for network in _NOT_GLOBAL)
    if isinstance(parsed, ipaddress.IPv4Address):
        return is_global and not parsed.is_multicast
    inner = parsed.ipv4_mapped or parsed.sixtofour
    if inner is None and parsed in _NAT64:
        inner = ipaddress.IPv4Address(int(parsed) & 0xFFFFFFFF)
    if inner is not None:
        return is_public(str(inner))
    return is_global and parsed in _GLOBAL_UNICAST


_NAT64 = ipaddress.IPv6Network("64:ff9b::/96")
_GLOBAL_UNICAST = ipaddress.IPv6Network("2000::/3")
# Not public, although their form or some versions of Python say so.
_NOT_GLOBAL = tuple(
    map(
        ipaddress.ip_network,
        (
            "192.0.0.0/24",  # RFC 6890's assignments: Python considers some of them global
            "192.88.99.0/24",  # the relays of 6to4 (RFC 7526)
            "168.63.129.16/32",  # Azure's WireServer, served by the host of a virtual machine
            "2001::/32",  # Teredo with a public client
            "3fff::/20",  # documentation
        ),
    )
)
