"""Templates' files: fetched from their URLs, and inspected."""
