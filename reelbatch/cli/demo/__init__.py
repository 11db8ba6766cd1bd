"""`reelbatch demo`: one run through the whole service."""
