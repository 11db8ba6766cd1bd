"""The inputs and results of workflows and activities.

A change to a workflow or an activity may change its models. The recorded histories in
tests/workflows must still replay, because running batches hold the old values. Requests for work
reject fields that they do not know, so workers are upgraded before the API.
"""
