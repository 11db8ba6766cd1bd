"""The order of the object store: records of what has ended, and the sweep."""
