"""The object store: one module for each kind of object."""
