"""Log lines contain no credentials, whoever writes them."""

import json
import subprocess
import sys
from pathlib import Path

from reelbatch.redaction import LONGEST, redacted_text

ROOT = Path(__file__).parents[2]
TOKEN = "rb_" + "Zx9-_" * 8
SIGNATURE = "q7_" * 10 + "AB"

PROGRAM = f"""
import logging
import structlog
from reelbatch import logs
from reelbatch.redaction import redact_with
from reelbatch.settings import Settings

logs.configure(Settings(log_json=True, log_level="debug"))
log = structlog.get_logger("test")
log.info("plain", token={TOKEN!r})
log.info("route", route="/uploads/{{team}}/{{template_id}}/{{expires}}/{{signature}}")
log.info("nested", request={{"headers": [("authorization", "Basic ZGVtbzpwYXNzd29yZA==")]}})
logging.getLogger("lib").debug("GET %s", "https://me:pa55word@cdn.test/a.png?sig=s1gn4ture")
log.info("url https://api.test/outputs/team/JOB/{SIGNATURE}/JOB.mp4 is public")
redact_with(lambda text: text.replace("hush-hush", "${{secrets.KEY}}"))
try:
    raise ValueError("cannot use hush-hush of Bearer {TOKEN}")
except ValueError:
    logging.getLogger("other.library").exception("failed")
log.error("objects", thing=ValueError("hush-hush"))
"""


def test_tokens_credentials_signatures_and_known_secrets_are_removed() -> None:
    ended = subprocess.run(
        [sys.executable, "-c", PROGRAM], cwd=ROOT, capture_output=True, text=True, check=True
    )
    lines = [json.loads(line) for line in ended.stderr.splitlines()]
    assert len(lines) == 7
    for secret in (
        TOKEN[3:],
        "ZGVtbzpwYXNzd29yZA",
        "pa55word",
        "s1gn4ture",
        SIGNATURE,
        "hush-hush",
    ):
        assert secret not in ended.stderr
    assert lines[0]["token"] == "rb_…"
    assert lines[1]["route"] == "/uploads/{team}/{template_id}/{expires}/{signature}"
    assert lines[3]["event"] == "GET https://…@cdn.test/a.png?…"
    assert lines[4]["event"] == "url https://api.test/outputs/team/JOB/… is public"
    assert "cannot use ${secrets.KEY} of Bearer rb_…" in lines[5]["exception"]
    assert "${secrets.KEY}" in lines[6]["thing"]


def test_long_values_are_cut_before_they_are_searched() -> None:
    shown = redacted_text("word " * 1_000_000)
    assert len(shown) < LONGEST + 100
    assert shown.endswith("(5000000 characters)")


def test_no_part_of_a_credential_remains_where_a_text_is_cut() -> None:
    start = "x " * ((LONGEST - 20) // 2)
    for secret in ("https://me:pa55word-of-twenty@host/", "pa55word" * LONGEST):
        assert "pa55" not in redacted_text(start + secret)
    assert "pa55" not in redacted_text("pa55word" * LONGEST)


def test_adjacent_urls_are_redacted_one_by_one() -> None:
    assert redacted_text("http://a/bhttp://c/d?e=f http://g") == "http://a/bhttp://c/d?… http://g"
