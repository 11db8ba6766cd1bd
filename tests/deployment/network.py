"""Loopback addresses for containers: 127.X.Y.N instead of names in a Docker network.

Each container has its own address, so services keep the ports of docker-compose.yml.
"""

import re
import secrets
from collections.abc import Collection


class Network:
    def __init__(self, services: Collection[str]) -> None:
        self.services = frozenset(services)
        # Other runs on this machine use other prefixes.
        self._prefix = f"127.{1 + secrets.randbelow(254)}.{secrets.randbelow(256)}"
        self._addresses: dict[str, str] = {}
        self.machine = self.address("the machine")  # the address of published ports
        # With the same address, browsers treat the API and the Web UI as one site.
        self._addresses["temporal-ui-1"] = self.machine
        name = "|".join(map(re.escape, sorted(services, key=len, reverse=True)))
        self._name = re.compile(rf"(?<![\w.-])({name})(?=:\d)|(?<=^-ip=)({name})$")
        self._own = re.compile(r"\b(?:0\.0\.0\.0|127\.0\.0\.1|localhost)\b")

    def address(self, container: str) -> str:
        """The container's address, assigned at first use. Names are Compose's, as `worker-2`."""
        return self._addresses.setdefault(container, f"{self._prefix}.{len(self._addresses) + 1}")

    def translate(self, text: str, container: str) -> str:
        """Replace names in `text` with addresses, and localhost with the container's own."""
        own = self._own.sub(self.address(container), text)
        return self._name.sub(lambda found: self.of_service(found[1] or found[2]), own)

    def of_service(self, name: str) -> str:
        return self.address(f"{name}-1")
