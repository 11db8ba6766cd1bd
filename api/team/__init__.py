"""What a team owns beside its templates: fonts, secrets, webhooks and outputs."""
