"""The embedded stack: its home, its processes, and what they are started with."""
