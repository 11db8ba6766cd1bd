"""Batches: creating, reading, following, retrying and cancelling them."""
