"""Runs an engine that has been taken over in a confined process, as a worker of another user.

    python breakout_run.py ENGINE FOLDER

FOLDER is the worker's. The outcome of each attempt is printed as JSON.
"""

import asyncio
import json
import socket
import sys
from pathlib import Path

from reelbatch.engines.base import RenderLimits, RenderRequest
from reelbatch.engines.pool import Confinement, ConfinementLevel, RenderPool
from reelbatch.models.orchestration.jobs import Output


async def _main(engine: str, folder: Path) -> None:
    secret, work, template = folder / "other-team" / "secret", folder / "work", folder / "template"
    secret.parent.mkdir()
    secret.write_text("hidden")
    work.mkdir()
    request = RenderRequest(
        template=template,
        template_type="misbehaving",
        composition="everything",
        output=Output(output_type="image", codec="image_png"),
        output_path=work / "output",
        work_dir=work,
    )
    confinement = Confinement(ConfinementLevel.REQUIRED)
    pool = RenderPool(
        engine, processes=1, limits=RenderLimits(), confinement=confinement, folder=folder
    )
    with socket.create_server(("127.0.0.1", 0)) as server:
        targets = {"secret": str(secret), "port": server.getsockname()[1]}
        template.write_text(json.dumps(targets))
        async with pool:
            await pool.render(request, lambda _: None)
    assert secret.read_text() == "hidden"
    assert json.loads(template.read_text()) == targets
    sys.stdout.write(request.output_path.read_text())


if __name__ == "__main__":
    asyncio.run(_main(sys.argv[1], Path(sys.argv[2])))
