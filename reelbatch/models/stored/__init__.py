"""The models of objects in the object store.

A change to the stored data may change these. Objects of earlier versions stay as long as a team has
its templates, fonts and tokens, and nothing migrates them: a new field needs a default, and no code
may rely on a removed one. Engines create the inspection of a template, so changing it also breaks
third-party engines.
"""
