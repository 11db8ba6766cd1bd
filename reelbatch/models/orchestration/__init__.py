"""What workflows and activities are given, and what they return.

Whoever changes a workflow or an activity may change its models. The recorded histories in
tests/workflows must still replay, because batches under way hold the old values. What asks for work
refuses fields that it does not know, so workers are upgraded before the API.
"""
