"""The frame writer, whose encoder thread turns frames into a file."""

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

_BUFFERS = 3  # frames: one is being copied, one waits, one is being encoded
_LONGEST_QUEUE = 16  # frames and repetitions that wait for the encoder
_BAND = 64  # rows that are compared at a time, so that they stay in the processor's cache
_LARGEST_DENOMINATOR = 1001  # 30000/1001 and its family; removes the noise of floats


class FrameWriter(AbstractContextManager["FrameWriter"]):
    """A context manager that accepts frames in order.

    Leaving it completes the file. Leaving it with an exception removes the file. If the encoder
    thread fails, the next call or leaving the context manager raises RenderError.
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
        """Add a frame.

        The frame is copied, so its buffer can be reused at once. A frame that equals the previous
        one is neither copied nor converted again.

        Args:
            frame: uint8 (height, width, 4), B, G, R, A in memory, premultiplied by alpha.

        Raises:
            RenderError: The frame has another shape or type, or the encoder thread has failed.
        """
        if frame.shape != self._shape or frame.dtype != np.uint8:
            raise RenderError(f"a frame must be uint8{self._shape}, not {frame.dtype}{frame.shape}")
        if not self._differs(frame):
            self.repeat()
            return
        buffer = self._free.get()
        self._raise_failure()
        np.copyto(buffer, frame)
        self._work.put(buffer)
        self._has_frames = True

    def repeat(self) -> None:
        """Add the last frame once more, without converting it again.

        Raises:
            RenderError: There is no frame yet, or the encoder thread has failed.
        """
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
        """Whether the frame differs from the previous one, which it replaces.

        Rows up to the first difference are only compared, and those below it only copied.
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
        """Run the encoder thread. After a failure it only empties the queue, so nobody waits."""
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
        with suppress(Exception):  # the first failure is the one to report
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
    """Open a file for writing frames.

    Args:
        path: The file to write.
        codec: A name from `reelbatch.models.wire.codecs.CODECS`.
        width: Pixels, as `output_size` returns it.
        height: Pixels, as `output_size` returns it.
        frame_rate: Frames per second.
        draft: Whether to encode faster, at a lower quality.
        audio: Sound to mix and add. GIF and stills have none.

    Returns:
        A context manager that completes the file.

    Raises:
        RenderError: The codec is unknown, or the file cannot be opened.
        AssetInvalid: The file of a clip has no sound. Damage that is found only later is raised
            by the writer.
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
    """Return the frame rate that is written to files for this one."""
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
    """Return the row at which two frames of the same shape begin to differ, or None.

    It is rounded down to a band of rows.
    """
    for start in range(0, len(one), _BAND):
        if not np.array_equal(one[start : start + _BAND], other[start : start + _BAND]):
            return start
    return None


def render_error(error: Exception) -> Exception:
    """Return the error from `reelbatch.models.errors` that the caller should see for `error`."""
    if isinstance(error, (ReelbatchError, MemoryError)):
        return error
    if isinstance(error, OSError) and error.errno == errno.EFBIG:
        return LimitExceeded("the output's file is larger than this server allows")
    return RenderError(f"the output could not be encoded: {error}")
