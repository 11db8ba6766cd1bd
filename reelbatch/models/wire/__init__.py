"""Everything that goes over the wire: requests, responses and the bodies of webhooks.

The API's contract decides what belongs here. Removing or renaming a field, or making one required,
breaks clients that are installed elsewhere. A new optional field is safe, because clients ignore
fields that they do not know. `reelbatch.client` imports no other models except the ids.
"""
