"""A team's property in addition to templates: fonts, secrets, webhooks and outputs."""
