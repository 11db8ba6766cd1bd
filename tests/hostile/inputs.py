"""The whole corpus."""

from tests.hostile.archive_inputs import archive_inputs
from tests.hostile.font_inputs import font_inputs
from tests.hostile.lottie_inputs import lottie_inputs
from tests.hostile.media_inputs import media_inputs
from tests.hostile.page_inputs import page_inputs
from tests.hostile.picture_inputs import picture_inputs
from tests.hostile.project_inputs import project_inputs

ALL = (
    *lottie_inputs(),
    *archive_inputs(),
    *picture_inputs(),
    *font_inputs(),
    *media_inputs(),
    *project_inputs(),
    *page_inputs(),
)
