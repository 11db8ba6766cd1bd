"""Schedules: the endpoints, and what API processes do when a schedule is due."""
