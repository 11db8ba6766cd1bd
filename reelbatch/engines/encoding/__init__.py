"""Writing frames and sound to a file, in any codec of `reelbatch.models.wire.codecs.CODECS`.

    size = output_size(codec, width, height, draft)
    with open_writer(path, codec, width=size[0], height=size[1], frame_rate=rate, draft=draft,
                     audio=clips) as writer:
        writer.write(frame)   # uint8 (height, width, 4): B, G, R, A in memory, premultiplied

Frames are converted and encoded on a separate thread, so that drawing and encoding overlap.
"""

from reelbatch.engines.encoding.audio import AudioClip
from reelbatch.engines.encoding.joining import join_segments
from reelbatch.engines.encoding.writer import FrameWriter, open_writer
from reelbatch.engines.output_size import output_size

__all__ = ["AudioClip", "FrameWriter", "join_segments", "open_writer", "output_size"]
