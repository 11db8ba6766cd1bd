"""The shared vocabulary, in packages by who may change what. No I/O.

`wire` is what clients and the API send each other, `orchestration` what Temporal carries between
the API, workflows and activities, `stored` what the object store keeps. `stored` may use
`orchestration`, both may use `wire`, and none the other way round.
"""
