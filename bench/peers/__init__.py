"""Other programs that do part of the same work. README.md says how to install them."""
