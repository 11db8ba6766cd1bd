"""Sound is placed, cut and mixed correctly, and as long as the pictures."""

from collections.abc import Callable
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import numpy as np
import numpy.typing as npt
import pytest

from reelbatch.engines.encoding import AudioClip
from reelbatch.engines.encoding.pyav import add_audio_stream, encode_sound, mux
from reelbatch.models.errors import AssetInvalid

Build = Callable[..., Any]
Sound = npt.NDArray[np.float32]
RATE = 48_000
MOV = "video_prores_422"  # its sound is not compressed, so samples can be compared
FULL = 0.5 / 2**0.5  # the level of a test tone


@pytest.fixture
def two_seconds(encode: Build, solid: Build) -> Build:
    """Encodes two seconds of grey with the clips and returns the sound's left channel."""

    def play(*clips: AudioClip, codec: str = MOV) -> Any:
        frame = solid((16, 16), red=90, green=90, blue=90)
        return encode(codec, [frame, *[None] * 19], rate=Fraction(10), audio=clips).sound()

    return play


def level(sound: Sound, start: float, end: float) -> float:
    """Return the root mean square of the samples between two times in seconds."""
    part: Sound = sound[round(start * RATE) : round(end * RATE)]
    return float(np.sqrt(np.mean(np.square(part))))


def test_a_clip_sounds_from_its_start_to_its_end(two_seconds: Build, a_tone: Build) -> None:
    sound = two_seconds(AudioClip(a_tone(seconds=5), start=0.5, end=1.25))
    assert level(sound, 0, 0.49) < 0.001
    assert level(sound, 0.51, 1.24) == pytest.approx(FULL, rel=0.02)
    assert level(sound, 1.26, 2) < 0.001


def test_a_clip_that_begins_before_the_first_frame_is_heard_from_its_middle(
    two_seconds: Build, a_tone: Build
) -> None:
    sound = two_seconds(AudioClip(a_tone(seconds=2), start=-1.5, end=None))
    assert level(sound, 0, 0.49) == pytest.approx(FULL, rel=0.02)
    assert level(sound, 0.51, 2) < 0.001


def test_a_clip_may_begin_in_its_middle_and_run_at_another_speed(
    two_seconds: Build, a_tone: Build
) -> None:
    tone = a_tone(seconds=2, frequency=1000)
    sound = two_seconds(AudioClip(tone, start=0.2, end=None, skip=1, speed=2))
    assert level(sound, 0, 0.19) < 0.001
    assert level(sound, 0.3, 0.6) == pytest.approx(FULL, rel=0.1)
    assert level(sound, 0.8, 2) < 0.001
    part = sound[round(0.3 * RATE) : round(0.6 * RATE)]
    crossings = int(np.count_nonzero(np.diff(np.signbit(part))))
    assert crossings == pytest.approx(600, rel=0.03)  # the pitch stays


@pytest.mark.parametrize("kind", ["wav", "mp3", "m4a", "ogg", "flac"])
def test_a_clip_is_exact_even_far_into_its_file(
    two_seconds: Build, tmp_path: Path, kind: str
) -> None:
    seconds = np.arange(20 * RATE) / RATE
    wave = np.where(
        (seconds > 15.5) & (seconds < 16), 0.5**0.5 * np.sin(2 * np.pi * 440 * seconds), 0
    )
    file = tmp_path / f"song.{kind}"
    with av.open(str(file), "w") as output:
        codecs = {"wav": "pcm_s16le", "mp3": "mp3", "m4a": "aac", "ogg": "libopus"}
        stream = add_audio_stream(output, codecs.get(kind, kind), RATE)
        frame = av.AudioFrame.from_ndarray(wave.astype(np.float32)[np.newaxis], "fltp", "mono")
        frame.sample_rate = RATE
        for packet in [*encode_sound(stream, frame), *encode_sound(stream, None)]:
            mux(output, packet)
    sound = two_seconds(AudioClip(file, start=0, end=None, skip=15))
    assert level(sound, 0, 0.47) < 0.01
    assert level(sound, 0.52, 0.98) == pytest.approx(FULL, rel=0.1)
    assert level(sound, 1.05, 2) < 0.01


@pytest.mark.parametrize("codec", [MOV, "video_h264_vbr_1mbps", "video_vp9", "video_av1"])
@pytest.mark.parametrize("seconds", [0.3, 7])
def test_the_sound_is_as_long_as_the_pictures(
    two_seconds: Build, a_tone: Build, codec: str, seconds: float
) -> None:
    sound = two_seconds(AudioClip(a_tone(seconds=seconds), start=0, end=None), codec=codec)
    frame = 1024 / RATE  # the encoders' last frame may be padded
    assert len(sound) / RATE == pytest.approx(2, abs=2 * frame)
    assert level(sound, 0.05, 0.25) == pytest.approx(FULL, rel=0.1)


def test_clips_are_mixed_with_their_gains(two_seconds: Build, a_tone: Build) -> None:
    sound = two_seconds(
        AudioClip(a_tone(seconds=2, frequency=1000), start=0, end=None, gain=0.5),
        AudioClip(a_tone(seconds=2, frequency=3000), start=1, end=None),
    )
    spectrum = np.abs(np.fft.rfft(sound[RATE : 2 * RATE])) / (RATE / 2)
    assert spectrum[1000] == pytest.approx(0.25, rel=0.03)
    assert spectrum[3000] == pytest.approx(0.5, rel=0.03)
    assert level(sound, 0, 0.99) == pytest.approx(FULL / 2, rel=0.03)


def test_loud_clips_are_limited_instead_of_wrapping_around(
    two_seconds: Build, a_tone: Build
) -> None:
    tone = a_tone(seconds=2)
    sound = two_seconds(*[AudioClip(tone, start=0, end=None)] * 8)
    assert np.abs(sound).max() <= 1
    steepest = np.abs(np.diff(sound)).max()
    assert steepest < 1.5  # a sample that wraps around jumps by 2


def test_the_sound_of_a_compressed_video_can_be_a_clip(
    two_seconds: Build, encode: Build, solid: Build, a_tone: Build
) -> None:
    clip = AudioClip(a_tone(seconds=2), start=0, end=None)
    frames = [solid((16, 16), red=1, green=1, blue=1)] * 60
    video = encode("video_h264_vbr_1mbps", frames, audio=[clip])
    sound = two_seconds(AudioClip(video.path, start=0, end=None))
    assert level(sound, 0.1, 1.9) == pytest.approx(FULL, rel=0.05)


@pytest.mark.parametrize("codec", ["video_gif", "image_png"])
def test_formats_without_sound_leave_it_out(
    encode: Build, solid: Build, a_tone: Build, codec: str
) -> None:
    clip = AudioClip(a_tone(seconds=1), start=0, end=None)
    frame = solid((16, 16), red=9, green=9, blue=9)
    silent, given_sound = (encode(codec, [frame], audio=audio) for audio in ((), (clip,)))
    assert given_sound.path.read_bytes() == silent.path.read_bytes()


def test_a_video_without_clips_has_no_sound_track(encode: Build, solid: Build) -> None:
    video = encode("video_h264_vbr_1mbps", [solid((16, 16), red=9, green=9, blue=9)])
    assert not video.has_sound()


def test_a_file_that_is_not_sound_is_named(two_seconds: Build, tmp_path: Path) -> None:
    text = tmp_path / "jingle.mp3"
    text.write_text("not a sound")
    with pytest.raises(AssetInvalid, match=r"jingle\.mp3 cannot be read as sound"):
        two_seconds(AudioClip(text, start=0, end=None))


def test_a_video_that_has_no_sound_is_named(
    two_seconds: Build, encode: Build, solid: Build
) -> None:
    silent = encode("video_h264_vbr_1mbps", [solid((16, 16), red=9, green=9, blue=9)]).path
    with pytest.raises(AssetInvalid, match=rf"{silent.name} has no sound in it"):
        two_seconds(AudioClip(silent, start=0, end=None))


def test_a_playlist_cannot_open_other_files(
    two_seconds: Build, a_tone: Build, tmp_path: Path
) -> None:
    playlist = tmp_path / "playlist"
    playlist.write_text(f"ffconcat version 1.0\nfile {a_tone(seconds=1).name}\n")
    with pytest.raises(AssetInvalid, match="cannot be read as sound"):
        two_seconds(AudioClip(playlist, start=0, end=None))
