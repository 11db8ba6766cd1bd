"""The OpenAPI document, and the web page that shows it."""
