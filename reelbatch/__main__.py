"""`python -m reelbatch` is `reelbatch`."""

from reelbatch.cli.app import main

main()
