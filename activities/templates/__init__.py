"""Templates' files: fetched from their URLs."""
