"""Reelbatch. Programs import `reelbatch.client`; tests of engines use `reelbatch.testing`."""
