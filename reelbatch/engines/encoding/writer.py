"""The frame writer: frames go in, an encoder thread turns them into the file."""

import errno
from collections.abc import Sequence
from contextlib import AbstractContextManager, suppress
from fractions import Fraction
from pathlib import Path
from queue import Queue
from threading import Thread
from types import TracebackType
from typing import Literal

import numpy as np

from reelbatch.engines.encoding.audio import AudioClip, check_sound
from reelbatch.engines.encoding.gif import GifFile
from reelbatch.engines.encoding.pixels import Frame
from reelbatch.engines.encoding.presets import preset_of
from reelbatch.engines.encoding.sink import FrameSink
from reelbatch.engines.encoding.stills import StillFile
from reelbatch.engines.encoding.video import VideoFile
from reelbatch.models.errors import LimitExceeded, ReelbatchError, RenderError
from reelbatch.models.wire.codecs import Codec, find_codec

_BUFFERS = 3  # frames: one is copied into, one waits, one is encoded
_LONGEST_QUEUE = 16  # frames and repetitions that wait for the encoder
_BAND = 64  # rows that are compared at a time: they stay in the processor's cache
_LARGEST_DENOMINATOR = 1001  # 30000/1001 and its family; a float's noise ends here


class FrameWriter(AbstractContextManager["FrameWriter"]):
    """Takes frames in order. Leaving it completes the file; leaving by an exception removes it.

    A failure of the encoder thread is raised by the next call, or on leaving, as RenderError.
    """

    def __init__(self, sink: FrameSink, path: Path, *, width: int, height: int) -> None:
        self._sink = sink
        self._path = path
        self._shape = (height, width, 4)
        self._work: Queue[Frame | Literal["repeat"] | None] = Queue(_LONGEST_QUEUE)
        self._free: Queue[Frame] = Queue()
        for _ in range(_BUFFERS):
            self._free.put(np.empty(self._shape, np.uint8))
        self._last = np.empty(self._shape, np.uint8)
        self._failure: Exception | None = None
        self._is_abandoned = False
        self._has_frames = False
        self._thread = Thread(target=self._encode_all, name="encoder", daemon=True)
        self._thread.start()

    def write(self, frame: Frame) -> None:
        """Add a frame: uint8 (height, width, 4), B, G, R, A in memory, premultiplied.

        The frame is copied: its buffer can be reused at once. One that is equal to the frame before
        is neither copied nor converted again. Raises RenderError where it has another shape, and
        whatever the encoder thread failed with.
        """
        if frame.shape != self._shape or frame.dtype != np.uint8:
            raise RenderError(
                f"a frame of {frame.dtype}{frame.shape} came where uint8{self._shape} is due"
            )
        if not self._differs(frame):
            self.repeat()
            return
        buffer = self._free.get()
        self._raise_failure()
        np.copyto(buffer, frame)
        self._work.put(buffer)
        self._has_frames = True

    def repeat(self) -> None:
        """Add the picture of the last frame once more, without converting it again."""
        self._raise_failure()
        if not self._has_frames:
            raise RenderError("there is no frame to repeat yet")
        self._work.put("repeat")

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._is_abandoned = error is not None
        self._work.put(None)
        self._thread.join()
        if error is None:
            self._complete()
        else:
            self._remove()

    def _differs(self, frame: Frame) -> bool:
        """Whether it is another picture than the frame before; from now on it is that frame.

        Rows above the first difference are read once, those below it only copied.
        """
        if self._has_frames:
            start = _first_difference(self._last, frame)
            if start is None:
                return False
        else:
            start = 0
        np.copyto(self._last[start:], frame[start:])
        return True

    def _encode_all(self) -> None:
        """The encoder thread. After a failure it only empties the queue, so no caller waits."""
        while (work := self._work.get()) is not None:
            try:
                if self._failure is None and not self._is_abandoned:
                    self._encode(work)
            except Exception as error:  # raised again in the caller's thread
                self._failure = error
            finally:
                if not isinstance(work, str):
                    self._free.put(work)

    def _encode(self, work: Frame | Literal["repeat"]) -> None:
        if isinstance(work, str):
            self._sink.repeat()
        else:
            self._sink.write(work)

    def _complete(self) -> None:
        try:
            self._raise_failure()
            self._finish()
        except BaseException:
            self._remove()
            raise

    def _finish(self) -> None:
        if not self._has_frames:
            raise RenderError("the output has no frames")
        try:
            self._sink.finish()
        except Exception as error:
            raise render_error(error) from error

    def _remove(self) -> None:
        with suppress(Exception):  # the first failure is the one to tell
            self._sink.abandon()
        self._path.unlink(missing_ok=True)

    def _raise_failure(self) -> None:
        if self._failure is not None:
            raise render_error(self._failure) from self._failure


def open_writer(
    path: Path,
    codec: str,
    *,
    width: int,
    height: int,
    frame_rate: Fraction,
    draft: bool,
    audio: Sequence[AudioClip] = (),
) -> FrameWriter:
    """Begin the file at `path`; `width` and `height` come from `output_size`.

    GIF and stills leave the sound out. Raises RenderError; a clip whose file holds no sound
    raises AssetInvalid here, one that is damaged further on raises it later.
    """
    known = find_codec(codec)
    if known is None:
        raise RenderError(f"the codec {codec} is unknown")
    try:
        sink = _open_sink(path, known, (width, height), frame_rate, draft, audio)
    except Exception as error:
        path.unlink(missing_ok=True)
        raise render_error(error) from error
    return FrameWriter(sink, path, width=width, height=height)


def frame_rate_of(frame_rate: Fraction) -> Fraction:
    """The rate that files get for this one."""
    return frame_rate.limit_denominator(_LARGEST_DENOMINATOR)


def _open_sink(
    path: Path,
    codec: Codec,
    size: tuple[int, int],
    frame_rate: Fraction,
    draft: bool,
    audio: Sequence[AudioClip],
) -> FrameSink:
    width, height = size
    rate = frame_rate_of(frame_rate)
    if codec.output_type == "image":
        return StillFile(path, codec.name, draft=draft)
    if codec.name == "video_gif":
        return GifFile(path, width=width, height=height, frame_rate=rate)
    for clip in audio:
        check_sound(clip)
    preset = preset_of(codec, width=width, height=height, frame_rate=rate, draft=draft)
    return VideoFile(path, preset, width=width, height=height, frame_rate=rate, audio=audio)


def _first_difference(one: Frame, other: Frame) -> int | None:
    """The row from which on two frames of the same shape may differ; None where they are equal."""
    for start in range(0, len(one), _BAND):
        if not np.array_equal(one[start : start + _BAND], other[start : start + _BAND]):
            return start
    return None


def render_error(error: Exception) -> Exception:
    """`error` as the caller shall see it: in the words of `reelbatch.models.errors`."""
    if isinstance(error, (ReelbatchError, MemoryError)):
        return error
    if isinstance(error, OSError) and error.errno == errno.EFBIG:
        return LimitExceeded("the output's file is larger than this server allows")
    return RenderError(f"the output could not be encoded: {error}")
