"""Downloading and inspecting templates."""
