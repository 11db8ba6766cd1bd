"""Schedules: the team's, and what API processes do when one comes due."""
