"""What is wrong with a text that is not JSON, in words for people who write JSON."""

from json import JSONDecodeError

# By the beginnings of what Python says, which are the words of its parser.
_WORDS = {
    "Expecting value": "a value is missing",
    "Expecting property name": "a name in double quotes is missing",
    "Illegal trailing comma": "there is a comma too many",
    "Expecting ':'": "a colon is missing",
    "Expecting ','": "a comma is missing",
    "Extra data": "there is more after its end",
    "Unterminated string": "a text does not end that begins",
    "Invalid control character": "a text has a line break or another control character",
    "Invalid \\": "a backslash in a text has no meaning",
}


def what_is_wrong(error: JSONDecodeError) -> str:
    """Such as `a comma is missing at line 3, column 14`."""
    text = error.doc.strip()
    if not text:
        return "it is empty"
    if text.startswith("<"):
        return "it begins with <, as HTML and XML do"
    known = (words for start, words in _WORDS.items() if error.msg.startswith(start))
    line = f"line {error.lineno}, " if "\n" in error.doc else ""
    return f"{next(known, 'it cannot be read')} at {line}column {error.colno}"
