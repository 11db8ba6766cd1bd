"""The files that renders need: fetched, cached on disk, and linked into their folders."""
