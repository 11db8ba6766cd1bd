"""Explains errors in JSON to people who write it."""

from json import JSONDecodeError

# By the start of Python's message, which is in the terms of its parser.
_WORDS = {
    "Expecting value": "a value is missing",
    "Expecting property name": "a name in double quotes is missing",
    "Illegal trailing comma": "there is an extra comma",
    "Expecting ':'": "a colon is missing",
    "Expecting ','": "a comma is missing",
    "Extra data": "there is something after its end",
    "Unterminated string": "a text without a closing quotation mark begins",
    "Invalid control character": "a text has a line break or another control character",
    "Invalid \\": "a text has an invalid backslash",
}


def what_is_wrong(error: JSONDecodeError) -> str:
    """Describe the error, as in `a comma is missing at line 3, column 14`."""
    text = error.doc.strip()
    if not text:
        return "it is empty"
    if text.startswith("<"):
        return "it begins with <, as HTML and XML do"
    known = (words for start, words in _WORDS.items() if error.msg.startswith(start))
    line = f"line {error.lineno}, " if "\n" in error.doc else ""
    return f"{next(known, 'it cannot be read')} at {line}column {error.colno}"
