"""The contents of the images in docker-compose.yml: commands, files and folders."""

import os
import re
import shutil
import subprocess
from collections.abc import Mapping
from pathlib import Path

from tests.deployment.programs import configuration, find

WORK_FOLDERS = {"temporal": "/etc/temporal"}
FILES = {"api": ["/scratch"], "worker": ["/scratch"], "schema": ["/etc/temporal/schema"]}
WEB_UI_PORT = 8233  # the port that the file publishes

_DATABASE = "var/lib/postgresql/data"


def entry_point(service: str, folder: Path, address: str) -> list[str]:
    """The command before the file's arguments. `folder` stands for `/`."""
    match service:
        case "postgresql":
            return [
                *(*_as_postgres(), find("postgres"), f"-D{folder / _DATABASE}"),
                *(f"-clisten_addresses={address}", "-cunix_socket_directories="),
            ]
        case "temporal":
            return ["temporal-server", "start"]
        case "temporal-ui":
            return ["temporal-ui-server", f"--root={folder}", "--env=docker", "start"]
        case "prometheus":
            data = folder / "prometheus" / "data"
            return [service, f"--web.listen-address={address}:9090", f"--storage.tsdb.path={data}"]
        case _:
            return ["weed"]


def unpack(service: str, folder: Path, environment: Mapping[str, str], address: str) -> None:
    """Write the files of the image, and those that it creates when it first starts."""
    if service == "postgresql":
        _make_database(folder, environment["POSTGRES_USER"], environment["POSTGRES_PASSWORD"])
    elif service == "schema":
        target = folder / "etc/temporal"
        target.mkdir(parents=True)
        (target / "schema").symlink_to(configuration("temporal-sql-tool"))
    elif service == "temporal-ui":
        text = (configuration("temporal-ui-server") / "docker.yaml").read_text()
        text = re.sub(
            "^port: .*", f"host: {address}\nport: {WEB_UI_PORT}", text, flags=re.MULTILINE
        )
        (folder / "config").mkdir()
        (folder / "config" / "docker.yaml").write_text(text)


def _make_database(folder: Path, user: str, password: str) -> None:
    cluster, file = folder / _DATABASE, folder / "password"
    cluster.mkdir(parents=True)
    file.write_text(password)
    if os.geteuid() == 0:
        shutil.chown(cluster, "postgres", "postgres")
    command = [
        *(*_as_postgres(), find("initdb"), f"--pgdata={cluster}", f"--username={user}"),
        *(f"--pwfile={file}", "--auth=scram-sha-256", "--encoding=UTF8", "--no-locale"),
    ]
    subprocess.run(command, check=True, cwd="/", stdout=subprocess.DEVNULL)


def _as_postgres() -> list[str]:
    """The prefix that runs a command as PostgreSQL's user, since it does not start as root.

    The capability gives that user access to root's folders, such as those in TMPDIR.
    """
    if os.geteuid() != 0:
        return []
    return [
        *(find("setpriv"), "--reuid=postgres", "--regid=postgres", "--clear-groups"),
        *("--inh-caps=+dac_override", "--ambient-caps=+dac_override"),
    ]
