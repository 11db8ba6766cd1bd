"""What a team owns in addition to templates: fonts, secrets, webhooks and outputs."""
