"""Opens a template: reads its files and its checked document."""

import marshal
from pathlib import Path, PurePosixPath

from reelbatch.engines.archives import read_bounded
from reelbatch.engines.base import RenderLimits
from reelbatch.engines.lottie.byte_cache import ByteCache, content_key
from reelbatch.engines.lottie.checks import check_document
from reelbatch.engines.lottie.document import LottieDocument, read_document
from reelbatch.engines.lottie.reading import normalise
from reelbatch.engines.lottie.source import TemplateFiles, initial_theme, unpack_template

_OPENED = ByteCache(32 * 1024**2)  # by the template's content and the limits it was checked with


def open_template(
    path: Path, limits: RenderLimits, composition: str = ""
) -> tuple[LottieDocument, TemplateFiles]:
    """Read and check a template. The caller may change the returned document.

    If the template has several documents, the one of `composition` is returned. The last templates
    are cached, because the jobs of a batch share one. Raises TemplateInvalid or LimitExceeded.
    """
    content = read_bounded(path, limits)
    key = (content_key(content), limits, composition)
    cached = _OPENED.get(key)
    if cached is not None:
        return _unpacked(cached)
    files = unpack_template(content, limits, composition)
    document = read_document(files.animation)
    normalise(document.root, initial_theme(files))
    check_document(document, limits)
    _OPENED.put(key, _packed(document, files))
    return document, files


def _packed(document: LottieDocument, files: TemplateFiles) -> bytes:
    contents = {str(path): content for path, content in files.files.items()}
    return marshal.dumps((document.root, files.animation, str(files.folder), contents))


def _unpacked(cached: bytes) -> tuple[LottieDocument, TemplateFiles]:
    root, animation, folder, contents = marshal.loads(cached)  # noqa: S302  # from `_packed`
    files = {PurePosixPath(path): content for path, content in contents.items()}
    return LottieDocument(root), TemplateFiles(animation, PurePosixPath(folder), files)
