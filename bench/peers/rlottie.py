"""rlottie: its software renderer draws, and raw frames go to ffmpeg.

`python -m bench.peers.rlottie LIBRARY FFMPEG LOTTIE FILM` prints the seconds. It is a separate
process because rlottie may crash.
"""

import ctypes
import subprocess
import sys
from pathlib import Path
from time import perf_counter

from bench.peers.film import ENCODING
from bench.promo import FRAMES, HEIGHT, WIDTH

_RAW = ("-f", "rawvideo", "-pix_fmt", "bgra", "-s", f"{WIDTH}x{HEIGHT}", "-r", "30", "-i", "-")


def film_by_rlottie(library: str, ffmpeg: str, lottie: Path, film: Path) -> float:
    """Make the film and return the seconds, without the start of Python."""
    command = (sys.executable, "-m", "bench.peers.rlottie", library, ffmpeg, lottie, film)
    return float(subprocess.run(command, check=True, stdout=subprocess.PIPE).stdout)


def _film(library: str, ffmpeg: str, lottie: bytes, film: str) -> None:
    functions = ctypes.CDLL(library)  # rlottie_capi.h of 0.1
    load, draw = functions["lottie_animation_from_data"], functions["lottie_animation_render"]
    load.restype, load.argtypes = ctypes.c_void_p, (ctypes.c_char_p,) * 3
    draw.restype = None
    draw.argtypes = (ctypes.c_void_p, ctypes.c_size_t, ctypes.c_void_p, *(ctypes.c_size_t,) * 3)
    animation = load(lottie, b"film", b"")
    if not animation:
        raise SystemExit("rlottie cannot read this Lottie.")
    pixels = ctypes.create_string_buffer(WIDTH * HEIGHT * 4)
    command = (ffmpeg, "-loglevel", "error", "-y", *_RAW, *ENCODING, film)
    with subprocess.Popen(command, stdin=subprocess.PIPE) as encoder:
        assert encoder.stdin is not None
        for number in range(FRAMES):
            draw(animation, number, pixels, WIDTH, HEIGHT, WIDTH * 4)
            encoder.stdin.write(pixels)
    if encoder.returncode:
        raise SystemExit("ffmpeg did not accept the frames.")


if __name__ == "__main__":
    its_library, its_ffmpeg, its_lottie, its_film = sys.argv[1:]
    content = Path(its_lottie).read_bytes()
    started = perf_counter()
    _film(its_library, its_ffmpeg, content, its_film)
    print(perf_counter() - started)
