"""The shared data models, in packages by who may change them. They do no I/O.

`wire` holds the models that clients and the API exchange, `orchestration` those that Temporal
carries between the API, workflows and activities, and `stored` those in the object store. `stored`
may import `orchestration`, and both may import `wire`, but never the other way round.
"""
