"""Rendering a job: whole, in segments, or once for many equal ones."""
