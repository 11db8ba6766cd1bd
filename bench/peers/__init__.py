"""Other programs that do a part of the same work; README.md says how to install them."""
