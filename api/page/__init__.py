"""The page for people: files that browsers run as they are, and the routes that serve them."""
