"""The script `reelbatch`, which is also `python -m reelbatch`."""

import sys


def main() -> None:
    """Run the command line; without it, say how to install it and end with code 1."""
    try:
        from reelbatch.cli.app import main as run
    except ModuleNotFoundError as missing:
        if missing.name != "typer":
            raise
        sys.exit("error: The command line is not installed: pip install 'reelbatch[cli]'.")
    run()


if __name__ == "__main__":
    main()
