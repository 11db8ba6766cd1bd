"""Headlines and details for the Temporal Web UI stay within the limits of a Temporal server."""

import pytest
from pydantic import SecretStr
from temporalio.api.common.v1 import Payload

from reelbatch.connection import SharedPydanticConverter
from reelbatch.storage.payload_encryption import EncryptingCodec, open_key_ring
from workflows.markdown import MAX_DETAILS, headline, plain, shortened

SUMMARY_LIMIT, DETAILS_LIMIT = 400, 20_000  # bytes: Temporal's defaults
NAMES = {
    "short": "promo",
    "markup": "<*>[" * 200,
    "quotes": '"\\' * 200,
    "Japanese": "夏の宣伝" * 200,
    "emoji": "😀" * 500,
    "control characters": "\x01" * 500,
}


async def sent(text: str) -> Payload:
    """The encrypted payload, with the longest names that a key and a team may have."""
    ring = open_key_ring(SecretStr(f"{'k' * 32}:{'A' * 43}="))
    [payload] = SharedPydanticConverter().to_payloads([text])
    [encrypted] = await EncryptingCodec(ring, "t" * 63).encode([payload])
    return encrypted


@pytest.mark.parametrize("name", NAMES.values(), ids=NAMES)
async def test_no_name_from_a_client_makes_a_headline_too_long(name: str) -> None:
    rest = ("1280x720", "100000 frames", "video_prores_4444_alpha")
    line = headline("00042", "", plain(name), *rest, flexible=2)
    assert (await sent(line)).ByteSize() <= SUMMARY_LIMIT
    assert line.startswith("00042 · ")
    assert line.endswith(" · ".join(rest))
    details = shortened(plain(name) * 100, MAX_DETAILS)
    assert (await sent(details)).ByteSize() <= DETAILS_LIMIT


def test_a_name_is_cut_between_displayed_characters() -> None:
    assert shortened(plain("a<b"), 100) == "a&#60;b"
    assert shortened(plain("abc<de"), 9) == "abc…"
    assert shortened(plain("*" * 9), 9) == r"\*\*…"
