"""Templates: the endpoints in v2 and v3, and the signed links to their files."""
