"""The shared vocabulary: jobs, batches, templates, errors and ids. No I/O."""
