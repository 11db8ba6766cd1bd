"""Fetching the tables of schedules, and waiting until their batches have ended."""
