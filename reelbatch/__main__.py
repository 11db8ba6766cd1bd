"""The script `reelbatch`, also run by `python -m reelbatch`."""

import sys


def main() -> None:
    """Run the command line. If it is not installed, say how to install it and exit with 1."""
    try:
        from reelbatch.cli.app import main as run
    except ModuleNotFoundError as missing:
        if missing.name != "typer":
            raise
        sys.exit("error: The command line is not installed. Run pip install 'reelbatch[cli]'.")
    run()


if __name__ == "__main__":
    main()
