"""The object store: one module a kind of object."""
