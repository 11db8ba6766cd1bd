"""Metrics and traces: what operators see of a process from outside."""
