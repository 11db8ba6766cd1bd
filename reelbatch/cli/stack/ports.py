"""The TCP ports of a stack."""

import secrets
import socket

from reelbatch.cli.console import CommandFailed

# Below the range from which Linux takes the ports of outgoing connections: a port that is free
# now must still be free when the server that it is for gets around to taking it.
_FREE_PORTS = range(20000, 32000)


def choose_port(host: str, port: int, option: str) -> int:
    """`port` if it is free on `host`; for 0, any free port. Raises CommandFailed."""
    if port:
        if not is_free(host, port):
            raise CommandFailed(
                f"Port {port} is taken on {host}; choose another with {option}, "
                f"or a free one with {option} 0."
            )
        return port
    for _ in range(100):
        candidate = secrets.choice(_FREE_PORTS)
        if is_free(host, candidate):
            return candidate
    raise CommandFailed(f"No free port was found on {host}; choose one with {option}.")


def is_free(host: str, port: int) -> bool:
    with socket.socket() as probe:
        # A server that has just stopped leaves connections behind that block nobody.
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError:
            return False
    return True
