"""What keeps the object store in order: manifests of what has ended, and the sweep."""
