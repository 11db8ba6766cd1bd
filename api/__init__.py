"""The REST API: it maps HTTP onto Temporal and the object store, and decides nothing else."""
