"""From the bytes of a request to validated jobs to started workflows."""
