"""`reelbatch doctor`: what this machine or a running service lacks."""
