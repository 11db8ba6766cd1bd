"""HTTP as all endpoints need it. It knows nothing of renders."""
