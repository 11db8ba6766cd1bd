"""Benchmarks: each compares two things that are measured in turn in the same run."""
