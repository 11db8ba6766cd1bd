"""Activities: everything with side effects that workflows need."""
