"""What keeps the object store in order: records of what has ended, and the sweep."""
