"""The commands that use a running service, one module for each kind of resource."""
