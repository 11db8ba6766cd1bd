"""What goes over the wire: requests, responses, and the bodies of webhooks.

The API's contract decides what is in here. A field that is removed, renamed or newly required
breaks clients that are installed elsewhere; a new optional one breaks none, since clients ignore
fields that they do not know. `reelbatch.client` imports nothing else of the models but ids.
"""
