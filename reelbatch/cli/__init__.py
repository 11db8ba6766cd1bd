"""The command line `reelbatch`: the embedded stack, and a client of the API."""
