"""Deterministic code only: the life of a batch, of a job and of a template's inspection."""
