"""The web page: files that browsers run as they are, and the routes that serve them."""
