"""What programs import of Reelbatch: `client` for those that use it, `testing` for engines."""
