"""`python -m reelbatch` is `reelbatch`."""

from reelbatch.cli.app import main

if __name__ == "__main__":
    main()
