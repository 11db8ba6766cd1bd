"""What programs import of Reelbatch: `reelbatch.client`, a client of the API."""
