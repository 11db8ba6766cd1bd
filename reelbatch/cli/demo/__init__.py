"""`reelbatch demo`: the whole service once through."""
