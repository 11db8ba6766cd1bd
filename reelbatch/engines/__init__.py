"""Render engines: their base classes, the registry, and the pool of killable render processes."""
