"""Render engines: the protocol, the registry and the pool of killable render processes."""
