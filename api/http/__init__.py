"""HTTP helpers for all endpoints. This package knows nothing about renders."""
