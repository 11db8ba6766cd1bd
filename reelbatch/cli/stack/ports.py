"""The TCP ports of a stack."""

import secrets
import socket

from reelbatch.cli.console import CommandFailed

# Below the range that Linux uses for outgoing connections: a port that is free now must still be
# free when its server opens it.
_FREE_PORTS = range(20000, 32000)


def choose_port(host: str, port: int, option: str) -> int:
    """`port` if it is free on `host`; for 0, any free port. Raises CommandFailed."""
    if port:
        if not is_free(host, port):
            raise CommandFailed(
                f"Port {port} is in use on {host}. Choose another with {option}, "
                f"or any free one with {option} 0."
            )
        return port
    for _ in range(100):
        candidate = secrets.choice(_FREE_PORTS)
        if is_free(host, candidate):
            return candidate
    raise CommandFailed(f"Found no free port on {host}. Choose one with {option}.")


def is_free(host: str, port: int) -> bool:
    with socket.socket() as probe:
        # Connections left over from a server that has just stopped do not block the port.
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError:
            return False
    return True
