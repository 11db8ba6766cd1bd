"""`reelbatch up`: runs the embedded stack in the foreground until it is stopped."""

from rich.panel import Panel
from rich.table import Table

from reelbatch.cli.console import out, say
from reelbatch.cli.stack.connection_file import Connection
from reelbatch.cli.stack.home import Home
from reelbatch.cli.stack.settings import StackOptions
from reelbatch.cli.stack.stack import EmbeddedStack
from reelbatch.cli.stack.until_stopped import listen_for_stop, until_stopped


async def run_stack(home: Home, options: StackOptions) -> None:
    """Run the stack until a signal stops it. Raises CommandFailed if it cannot start."""
    async with EmbeddedStack(home, options, say) as stack:
        stop = listen_for_stop(stack.kill)
        connection = await until_stopped(stop, stack.start())
        if connection is not None:
            _show(connection, home)
            await until_stopped(stop, stack.supervise())
        say("Stopping. Running renders get a few seconds; a second Ctrl-C kills them.")
    say("Stopped.")


def _show(connection: Connection, home: Home) -> None:
    rows = {
        "web page": f"{connection.api_url}/",
        "API": connection.api_url,
        "base URL for clients": connection.base_url,
        "token": connection.token,
        "Temporal Web UI": connection.temporal_ui_url,
        "Temporal": connection.temporal_address,
        "home": str(home.path),
    }
    if not out.is_terminal:
        for name, value in rows.items():
            out.print(f"{name}: {value}", soft_wrap=True, markup=False)
        out.print("Reelbatch is ready.")
        return
    table = Table.grid(padding=(0, 2))
    for name, value in rows.items():
        table.add_row(f"[dim]{name}[/]", value)
    title = "[bold green]Reelbatch is ready[/]"
    out.print(Panel(table, title=title, subtitle="stop with Ctrl-C", expand=False))
