"""Upkeep of the object store: records of ended batches and jobs, and the sweep."""
