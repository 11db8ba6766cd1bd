"""The search attributes by which workflows are listed, here and in the Temporal Web UI."""

from temporalio.common import SearchAttributeKey

TEAM = SearchAttributeKey.for_keyword("ReelbatchTeam")
BATCH_ID = SearchAttributeKey.for_keyword("ReelbatchBatchId")
TEMPLATE_IDS = SearchAttributeKey.for_keyword_list("ReelbatchTemplateIds")
FONT_IDS = SearchAttributeKey.for_keyword_list("ReelbatchFontIds")
TAGS = SearchAttributeKey.for_keyword_list("ReelbatchTags")
STATUS = SearchAttributeKey.for_keyword("ReelbatchStatus")

ALL = (TEAM, BATCH_ID, TEMPLATE_IDS, FONT_IDS, TAGS, STATUS)
