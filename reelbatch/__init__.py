"""Reelbatch. Programs import `reelbatch.client`; tests of engines import `reelbatch.testing`."""
