"""The commands that use a running service, a module for each kind of thing."""
