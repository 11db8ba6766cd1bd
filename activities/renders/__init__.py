"""Rendering jobs: as a whole, in segments, or once for many equal jobs."""
