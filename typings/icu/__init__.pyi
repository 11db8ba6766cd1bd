"""The part of PyICU that this project uses."""

from collections.abc import Iterator

class Locale:
    @staticmethod
    def getRoot() -> Locale: ...

class UnicodeString:
    def __init__(self, text: str) -> None: ...

class BreakIterator:
    @staticmethod
    def createCharacterInstance(locale: Locale) -> BreakIterator: ...
    @staticmethod
    def createLineInstance(locale: Locale) -> BreakIterator: ...
    def setText(self, text: str) -> None: ...
    def __iter__(self) -> Iterator[int]: ...

class Bidi:
    DEFAULT_LTR: int
    def setPara(self, text: UnicodeString, level: int = ...) -> None: ...
    def getLevels(self) -> tuple[int, ...]: ...
    def getParaLevel(self) -> int: ...

class Script:
    @staticmethod
    def getScript(character: str) -> Script: ...
    def getShortName(self) -> str: ...

class UProperty:
    DEFAULT_IGNORABLE_CODE_POINT: int
    EMOJI_PRESENTATION: int
    EXTENDED_PICTOGRAPHIC: int
    LOWERCASE: int
    REGIONAL_INDICATOR: int

class Char:
    @staticmethod
    def hasBinaryProperty(character: str, which: int) -> bool: ...
    @staticmethod
    def charMirror(character: str) -> str: ...

ICU_VERSION: str
UNICODE_VERSION: str
