"""`python -m cli` is `reelbatch`."""

from cli.app import main

main()
