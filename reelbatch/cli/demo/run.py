"""`reelbatch demo`: one run through the whole service with the example templates and requests."""

import asyncio
import sys
import time
from dataclasses import dataclass
from pathlib import Path

from reelbatch.cli.console import CommandFailed, out, print_table, say
from reelbatch.cli.demo.contact_sheet import Tile, write_contact_sheet
from reelbatch.cli.followed_batch import download_outputs, failed_jobs, jobs_table, watch_batch
from reelbatch.cli.pushed_templates import push_template
from reelbatch.cli.request_files import submit_file
from reelbatch.cli.stack.connection_file import Connection
from reelbatch.cli.stack.home import Home
from reelbatch.cli.stack.settings import StackOptions
from reelbatch.cli.stack.stack import EmbeddedStack
from reelbatch.cli.stack.until_stopped import listen_for_stop, until_stopped
from reelbatch.client import Reelbatch

_TEMPLATES = ("product-promo.zip", "counter-badge.json")
_REQUEST = Path("requests", "batch-mixed.json")


@dataclass(frozen=True)
class Demo:
    """Where the demo finds its examples and where it leaves its files."""

    examples: Path
    output: Path
    home: Home

    @property
    def contact_sheet(self) -> Path:
        return self.output / "contact-sheet.png"


async def run_demo(demo: Demo, options: StackOptions) -> None:
    """Raises CommandFailed if an example is missing or a valid job fails."""
    started = time.monotonic()
    _check_examples(demo.examples)
    async with EmbeddedStack(demo.home, options, say) as stack:
        stop = listen_for_stop(stack.kill)
        say("Starting Temporal, a worker and the API …")
        connection = await until_stopped(stop, stack.start())
        if connection is None:
            raise CommandFailed("The demo was interrupted.")
        say(f"Temporal Web UI while this runs: {connection.temporal_ui_url}")
        supervision = asyncio.create_task(stack.supervise())
        finished = await until_stopped(stop, asyncio.to_thread(_render_the_batch, demo, connection))
        supervision.cancel()
        if finished is None:
            raise CommandFailed("The demo was interrupted.")
    seconds = time.monotonic() - started
    out.print(f"{finished} files in {demo.output}; an overview of all: {demo.contact_sheet}")
    out.print(f"Done in {seconds:.0f} s.")
    out.print(
        "To see the batch in the Temporal Web UI, start its stack again: "
        f"{_command()} up --home {demo.home.path}",
        soft_wrap=True,
    )


def _render_the_batch(demo: Demo, connection: Connection) -> int:
    """Render the batch, write the contact sheet and return the number of files."""
    with Reelbatch(connection.api_url, connection.token) as client:
        for name in _TEMPLATES:
            template = push_template(client, demo.examples / "templates" / name)
            say(f"Uploaded {name}: {', '.join(template.compositions)}")
        [submitted] = submit_file(client, demo.examples / _REQUEST).batches
        created = submitted.creation
        rejected = created.errors or []
        say(
            f"Batch {created.batch_id}: {created.success_count} of {created.total_jobs} jobs "
            f"accepted, {len(rejected)} rejected on purpose"
        )
        batch = watch_batch(submitted)
        outputs = download_outputs(submitted.downloads(demo.output), batch.stats.finished)
        files = {output.job.index: output.file for output in outputs}
    write_contact_sheet([Tile(file, file.name) for file in files.values()], demo.contact_sheet)
    print_table(jobs_table(batch.jobs, rejected, files))
    if failed := failed_jobs(batch):
        raise CommandFailed(f"{len(failed)} valid jobs failed; see the table above.")
    return len(files)


def _command() -> str:
    """How this program was called: `make demo` installs it outside the PATH."""
    return sys.argv[0] if Path(sys.argv[0]).name == "reelbatch" else "reelbatch"


def _check_examples(folder: Path) -> None:
    required = [folder / _REQUEST, *(folder / "templates" / name for name in _TEMPLATES)]
    missing = [file for file in required if not file.is_file()]
    if missing:
        raise CommandFailed(
            f"The example {missing[0]} is missing. Choose a folder that has it with --examples."
        )
