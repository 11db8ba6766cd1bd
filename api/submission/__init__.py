"""From the bytes of a request to validated jobs and started workflows."""
