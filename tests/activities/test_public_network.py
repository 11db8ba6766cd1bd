"""Addresses from clients lead only to the public internet."""

import socket
from collections.abc import AsyncGenerator
from typing import Any

import anyio
import httpx
import pytest
import pytest_asyncio

from activities import public_network
from activities.public_network import http_client
from reelbatch.checks.addresses import is_public, private_host
from reelbatch.models.errors import AssetInvalid
from tests.origin import Origin

UNREACHABLE = "2000::1"  # a global unicast address that nobody uses


@pytest_asyncio.fixture
async def guarded() -> AsyncGenerator[httpx.AsyncClient]:
    async with http_client(allow_private_networks=False) as made:
        yield made


@pytest.mark.parametrize(
    "host",
    [
        "127.0.0.1",
        "localhost",
        "LOCALHOST",
        "127.1",
        "2130706433",
        "0x7f000001",
        "0x7f.0.0.1",
        "0177.0.0.1",
        "017700000001",
        "0",
        "0.0.0.0",
        "127.0.0.2",
        "[::1]",
        "[::]",
        "[::ffff:127.0.0.1]",
        "[::ffff:7f00:1]",
        "[::127.0.0.1]",
        "[64:ff9b::127.0.0.1]",
        "[2002:7f00:1::]",
        "169.254.169.254",
        "2852039166",
        "[fd00:ec2::254]",
        "100.100.100.200",
        "example.com@127.0.0.1",
        "example.com:80@127.0.0.1",
        "example.com%40x@127.0.0.1",
        "①②⑦.0.0.1",
    ],
)
async def test_private_addresses_are_not_contacted_however_they_are_spelled(
    origin: Origin, guarded: httpx.AsyncClient, host: str
) -> None:
    url = origin.answer("/x", b"internal").replace("127.0.0.1", host)
    with pytest.raises((AssetInvalid, httpx.InvalidURL)):  # some spellings are not valid hosts
        await guarded.get(url)
    assert origin.requests == []
    assert private_host(url) or not host.isascii()  # rejected at submission too


@pytest.mark.parametrize("url", ["https://example.com", "https://8.8.8.8/x", "https://[2000::1]"])
def test_hosts_that_may_be_public_are_left_to_workers(url: str) -> None:
    assert private_host(url) is None


@pytest.mark.parametrize("place", ["127.0.0.2", "169.254.169.254", "[::1]", "2130706434", "x@0"])
async def test_a_redirect_to_a_private_address_is_not_followed(
    origin: Origin,
    guarded: httpx.AsyncClient,
    monkeypatch: pytest.MonkeyPatch,
    place: str,
) -> None:
    def is_origin(address: str) -> bool:
        return address == "127.0.0.1"

    monkeypatch.setattr(public_network, "is_public", is_origin)
    there = origin.url.replace("127.0.0.1", place)
    origin.answer("/here", status="302 Found", headers=f"Location: {there}/there\r\n")
    with pytest.raises(AssetInvalid, match="not a public address"):
        await guarded.get(f"{origin.url}/here", follow_redirects=True)
    assert origin.requests == ["/here"]


class Resolver:
    """Returns one answer after the other, as an attacker's name server would."""

    def __init__(self, *answers: list[str]) -> None:
        self._answers = list(answers)
        self.asked: list[str] = []

    async def __call__(self, host: str, port: int, **_: Any) -> list[Any]:
        self.asked.append(host)
        return [
            (socket.AF_UNSPEC, socket.SOCK_STREAM, 0, "", (address, port))
            for address in self._answers.pop(0)
        ]


async def test_a_name_that_changes_its_address_after_the_check_gains_nothing(
    origin: Origin, guarded: httpx.AsyncClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    resolver = Resolver([UNREACHABLE], ["127.0.0.1"])
    monkeypatch.setattr(anyio, "getaddrinfo", resolver)
    url = origin.answer("/x", b"internal").replace("127.0.0.1", "rebinding.test")
    with pytest.raises(httpx.TransportError):
        await guarded.get(url)
    assert resolver.asked == ["rebinding.test"], "resolved once for check and connection"
    with pytest.raises(AssetInvalid, match="is not a public address"):
        await guarded.get(url)
    assert origin.requests == []


async def test_one_private_address_of_a_name_is_enough_to_refuse_it(
    origin: Origin, guarded: httpx.AsyncClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(anyio, "getaddrinfo", Resolver([UNREACHABLE, "127.0.0.1"]))
    url = origin.answer("/x").replace("127.0.0.1", "both.test")
    with pytest.raises(AssetInvalid, match="is not a public address"):
        await guarded.get(url)


async def test_errors_do_not_reveal_the_names_in_a_private_network(
    guarded: httpx.AsyncClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def nothing(*_: Any, **__: Any) -> list[Any]:
        raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")

    messages: list[str] = []
    for resolver in (nothing, Resolver(["10.0.0.1"])):
        monkeypatch.setattr(anyio, "getaddrinfo", resolver)
        with pytest.raises(AssetInvalid) as refused:
            await guarded.get("http://temporal.internal/")
        messages.append(refused.value.message)
    assert messages[0] == messages[1]


async def test_an_unavailable_name_server_is_a_connection_error(
    guarded: httpx.AsyncClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def away(*_: Any, **__: Any) -> list[Any]:
        raise socket.gaierror(socket.EAI_AGAIN, "Temporary failure in name resolution")

    monkeypatch.setattr(anyio, "getaddrinfo", away)
    with pytest.raises(httpx.ConnectError):
        await guarded.get("http://cdn.test/")


async def test_operators_may_allow_private_networks(origin: Origin) -> None:
    url = origin.answer("/x", b"internal")
    async with http_client(allow_private_networks=True) as client:
        assert (await client.get(url)).content == b"internal"


@pytest.mark.parametrize(
    "address",
    [
        "8.8.8.8",
        "2606:4700::1111",
        "::ffff:8.8.8.8",
        "64:ff9b::808:808",
        "2002:808:808::",
    ],
)
def test_public_addresses_are_accepted(address: str) -> None:
    assert is_public(address)


@pytest.mark.parametrize(
    "address",
    [
        "0.0.0.0",
        "10.0.0.1",
        "100.64.0.1",
        "127.0.0.1",
        "169.254.169.254",
        "172.16.0.1",
        "192.0.0.9",
        "192.0.2.1",
        "192.88.99.1",
        "192.168.1.1",
        "198.18.0.1",
        "224.0.0.1",
        "240.0.0.1",
        "255.255.255.255",
        "168.63.129.16",  # Azure's platform service for virtual machines
        "::",
        "::1",
        "::7f00:1",  # IPv4-compatible
        "::ffff:10.0.0.1",  # IPv4-mapped
        "::ffff:0:7f00:1",  # IPv4-translated
        "64:ff9b::7f00:1",  # NAT64
        "64:ff9b:1::808:808",  # local-use NAT64
        "2002:7f00:1::",  # 6to4
        "2001:0:808:808:0:0:f7f7:f7f7",  # Teredo, even with a public client
        "2001:db8::1",
        "3fff::1",
        "5f00::1",
        "fc00::1",
        "fd00:ec2::254",  # AWS's metadata
        "fe80::1%eth0",
        "fec0::1",  # site-local
        "ff02::1",
        "4000::1",
    ],
)
def test_other_addresses_are_not_public(address: str) -> None:
    assert not is_public(address)
