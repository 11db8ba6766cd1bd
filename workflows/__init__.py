"""The workflows of batches, jobs, templates, webhooks, schedules and sweeps: deterministic code."""
