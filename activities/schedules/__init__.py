"""The tables of schedules: fetched, and followed until their batches have ended."""
