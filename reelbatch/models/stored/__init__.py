"""What the object store keeps.

Whoever changes what is stored may change these. Objects of earlier versions stay for as long as a
team keeps its templates, fonts and tokens, and nothing migrates them: a new field needs a default,
and a field that is gone must not be needed. Engines make the inspection of a template, so a change
of it breaks engines of others too.
"""
