"""Draws the product picture of the promo template: headphones as a ray-marched solid.

The scene is a signed distance function (SDF), negative inside, over points of shape (n, 3) with
x to the right, y up and z towards the viewer. It redraws `artwork/headphones.png`, or:

    python examples/draw_headphones.py FILE SIZE
"""

import sys
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFilter

Floats = NDArray[np.float64]

PICTURE = Path(__file__).parent / "artwork" / "headphones.png"
SIZE = 600  # pixels, square
OVERSAMPLING = 3

VIEW_WIDTH = 3.3  # scene units from the left to the right edge
VIEW_CENTRE = (0.0, -0.16)
CAMERA_DISTANCE = 4.0
YAW, PITCH = (0.80, 0.60), (0.99, 0.14)  # cosine and sine
MARCH_STEPS = 72
SURFACE = 0.0015  # a ray that is closer than this has hit

PORCELAIN, CUSHION, BRASS = range(3)
ALBEDO = np.array([[0.88, 0.85, 0.80], [0.085, 0.08, 0.085], [0.80, 0.52, 0.27]])
GLOSS = np.array([0.34, 0.05, 0.95])

KEY_LIGHT = np.array([-0.45, 0.75, 0.58])
FILL_LIGHT = np.array([0.85, 0.10, 0.50])
RIM_LIGHT = np.array([0.30, 0.35, -0.90])


def _length(*axes: Floats) -> Floats:
    return np.sqrt(sum((axis * axis for axis in axes), np.zeros_like(axes[0])))


def _rounded_slab(
    across: Floats, along: Floats, radius: float, depth: float, edge: float
) -> Floats:
    """A disc of `radius` and half-thickness `depth` whose rim is rounded by `edge`."""
    a = across - (radius - edge)
    b = np.abs(along) - (depth - edge)
    outside = _length(np.maximum(a, 0), np.maximum(b, 0))
    return outside + np.minimum(np.maximum(a, b), 0) - edge


def _band(x: Floats, y: Floats, z: Floats, radius: float, top: float, thickness: float) -> Floats:
    """A strap bent over the head: an arch above y = 0 that goes straight down below it."""
    radial = np.where(y > 0, _length(x, y), x) - radius
    taper = np.clip((y + 0.30) / 1.1, 0, 1)
    half_width = 0.045 + top * taper * taper * (3 - 2 * taper)
    a = np.abs(radial) - thickness
    b = np.abs(z) - half_width
    c = -0.34 - y
    outside = _length(np.maximum(a, 0), np.maximum(b, 0), np.maximum(c, 0))
    return outside + np.minimum(np.maximum(np.maximum(a, b), c), 0) - 0.024


def _distances(points: Floats) -> Floats:
    """Distances to the three materials, shape (3, n). The scene is mirrored at x = 0."""
    x, y, z = np.abs(points[:, 0]), points[:, 1], points[:, 2]
    # The cups lean inwards at their lower end, and are a little taller than wide.
    cup_x, cup_y = x - 0.98 - 0.10 * (y + 0.72), (y + 0.72) * 0.86
    across = _length(cup_y, z)

    shell = _rounded_slab(across, cup_x - 0.075, 0.475, 0.125, 0.085)
    dish = _rounded_slab(across, cup_x - 0.235, 0.33, 0.075, 0.05)
    strap = _band(x, y, z, 1.02, 0.10, 0.012)
    porcelain = np.minimum(np.maximum(shell, -dish), strap)

    ear_pad = _length(across - 0.315, (cup_x + 0.155) * 0.92) - 0.135
    head_pad = np.maximum(_band(x, y, z, 0.955, 0.075, 0.020), 0.34 - y) - 0.006
    grille = _rounded_slab(across, cup_x - 0.165, 0.315, 0.02, 0.012)
    lining = _rounded_slab(across, cup_x + 0.07, 0.30, 0.03, 0.02)
    cushion = np.minimum(np.minimum(ear_pad, head_pad), np.minimum(grille, lining))

    ring = _length(across - 0.345, cup_x - 0.196) - 0.024
    arm_y = y - np.clip(y, -0.80, -0.20)
    arm = _length(x - 1.03 - 0.04 * np.clip(-y - 0.2, 0, 1), arm_y, z) - 0.036
    arm = np.maximum(arm, -(shell - 0.01))
    hub = _length(across - 0.105, cup_x - 0.185) - 0.014
    brass = np.minimum(np.minimum(ring, arm), hub)
    return np.stack([porcelain, cushion, brass])


def _distance(points: Floats) -> Floats:
    return _distances(points).min(axis=0) * 0.9  # the lean and the taper stretch space a little


def _turn(vectors: Floats) -> Floats:
    """From the viewer's axes to the scene's: the product stands turned by yaw and pitch."""
    x, y, z = vectors[:, 0], vectors[:, 1], vectors[:, 2]
    (cy, sy), (cp, sp) = YAW, PITCH
    y, z = y * cp + z * sp, z * cp - y * sp
    return np.stack([x * cy + z * sy, y, z * cy - x * sy], axis=1)


def _rays(pixels: int) -> tuple[Floats, Floats]:
    """One ray a pixel, row by row from the top left: origins and unit directions, (n, 3) each."""
    step = (np.arange(pixels) + 0.5) / pixels - 0.5
    x, y = np.meshgrid(step * VIEW_WIDTH + VIEW_CENTRE[0], -step * VIEW_WIDTH + VIEW_CENTRE[1])
    targets = np.stack([x.ravel(), y.ravel(), np.zeros(x.size)], axis=1)
    eye = np.array([0.0, 0.1, CAMERA_DISTANCE * 2])
    directions = targets - eye
    directions /= _length(*directions.T)[:, None]
    origins = targets - directions * (CAMERA_DISTANCE / 2)
    return _turn(origins), _turn(directions)


def _march(origins: Floats, directions: Floats) -> tuple[NDArray[np.bool_], Floats]:
    """Follow the rays to the solid: which of them hit, and where they ended."""
    points = origins.copy()
    hit = np.zeros(len(points), dtype=np.bool_)
    active = np.arange(len(points))
    for _ in range(MARCH_STEPS):
        distance = _distance(points[active])
        hit[active[distance < SURFACE]] = True
        active = active[(distance >= SURFACE) & (distance < CAMERA_DISTANCE)]
        points[active] += directions[active] * _distance(points[active])[:, None]
        travelled = ((points[active] - origins[active]) * directions[active]).sum(axis=1)
        active = active[travelled < CAMERA_DISTANCE]
    return hit, points


def _normals(points: Floats) -> Floats:
    normal = np.empty_like(points)
    for axis in range(3):
        offset = np.zeros(3)
        offset[axis] = 0.004
        normal[:, axis] = _distance(points + offset) - _distance(points - offset)
    return normal / np.maximum(_length(*normal.T), 1e-9)[:, None]


def _occlusion(points: Floats, normals: Floats) -> Floats:
    """How open the surroundings are: 1 in the open, less in a crease."""
    shade = np.zeros(len(points))
    for reach, weight in ((0.03, 5.0), (0.08, 2.6), (0.18, 1.1), (0.34, 0.5)):
        shade += weight * np.maximum(reach - _distance(points + normals * reach), 0)
    return np.clip(1 - shade, 0.12, 1)


def _shadow(points: Floats, normals: Floats, light: Floats) -> Floats:
    """A soft shadow: the nearer a ray to the light passes the solid, the darker."""
    open_share = np.ones(len(points))
    reach = np.full(len(points), 0.05)
    for _ in range(22):
        distance = _distance(points + normals * 0.01 + light * reach[:, None])
        open_share = np.minimum(open_share, 7 * distance / reach)
        reach += np.clip(distance, 0.03, 0.12)
    open_share = np.clip(open_share, 0, 1)
    return open_share * open_share * (3 - 2 * open_share)


def _unit(vector: Floats) -> Floats:
    return vector / np.sqrt((vector * vector).sum())


def _shade(points: Floats, directions: Floats) -> Floats:
    """Linear colours of surface points, shape (n, 3)."""
    material = _distances(points).argmin(axis=0)
    normals = _normals(points)
    key, fill, rim = (_unit(_turn(light[None])[0]) for light in (KEY_LIGHT, FILL_LIGHT, RIM_LIGHT))
    openness = _occlusion(points, normals)
    key_share = np.clip(normals @ key * 0.9 + 0.1, 0, 1) * _shadow(points, normals, key)
    fill_share = np.clip(normals @ fill * 0.6 + 0.4, 0, 1) * openness
    sky_share = (normals[:, 1] * 0.5 + 0.5) * openness

    light = key_share[:, None] * np.array([1.00, 0.95, 0.88]) * 1.02
    light += fill_share[:, None] * np.array([0.80, 0.88, 1.00]) * 0.24
    light += sky_share[:, None] * np.array([0.95, 0.97, 1.00]) * 0.26
    colour = ALBEDO[material] * light

    facing = (normals * directions).sum(axis=1)
    mirrored = directions - 2 * facing[:, None] * normals
    softbox = np.clip((mirrored @ key - 0.55) / 0.35, 0, 1) ** 2
    strip = np.clip((mirrored @ fill - 0.70) / 0.20, 0, 1) ** 2 * 0.5
    horizon = np.clip(mirrored[:, 1] * 0.5 + 0.4, 0, 1) * 0.35
    fresnel = 0.04 + 0.96 * np.clip(1 + facing, 0, 1) ** 5
    reflected = (softbox + strip + horizon) * openness * (key_share * 0.6 + 0.4)
    tint = np.where((material == BRASS)[:, None], ALBEDO[BRASS] * 1.35, 1.0)
    strength = np.where(material == BRASS, 1.2, fresnel + 0.12) * GLOSS[material]
    colour += reflected[:, None] * strength[:, None] * tint
    edge = np.clip(normals @ rim, 0, 1) * np.clip(1 + facing, 0, 1) ** 3 * openness
    return colour + edge[:, None] * np.array([1.0, 0.92, 0.82]) * 0.5


def _as_srgb(linear: Floats) -> Floats:
    exposed = np.clip(linear * 1.38, 0, None)
    rolled_off = exposed * (1 + exposed / 2.2) / (1 + exposed * 0.92)
    return np.clip(rolled_off, 0, 1) ** (1 / 2.2)


def _floor_shadow(size: int) -> Image.Image:
    """Where the product would stand: a wide soft pool and a tighter one in its middle."""
    shadow = Image.new("L", (size, size), 0)
    for (left, top, right, bottom), strength, blur in (
        ((0.17, 0.880, 0.83, 0.935), 78, 0.021),
        ((0.28, 0.893, 0.72, 0.922), 90, 0.012),
    ):
        pool = Image.new("L", (size, size), 0)
        box = tuple(edge * size for edge in (left, top, right, bottom))
        ImageDraw.Draw(pool).ellipse(box, fill=strength)
        pool = pool.filter(ImageFilter.GaussianBlur(blur * size))
        shadow = Image.composite(Image.new("L", (size, size), 255), shadow, pool)
    picture = Image.new("RGBA", (size, size), (38, 26, 22, 0))
    picture.putalpha(shadow)
    return picture


def draw(size: int = SIZE) -> Image.Image:
    """Draw the headphones on a transparent ground, `size` pixels wide and high."""
    pixels = size * OVERSAMPLING
    origins, directions = _rays(pixels)
    hit, points = _march(origins, directions)
    # Colours are weighted by coverage while shrinking, so that edges keep no dark fringe.
    weighted = np.zeros((pixels * pixels, 4))
    weighted[hit, :3] = _as_srgb(_shade(points[hit], directions[hit]))
    weighted[hit, 3] = 1
    blocks = weighted.reshape(size, OVERSAMPLING, size, OVERSAMPLING, 4).mean(axis=(1, 3))
    coverage = blocks[:, :, 3:]
    blocks[:, :, :3] /= np.maximum(coverage, 1e-9)
    product = Image.fromarray(np.rint(blocks * 255).astype(np.uint8), "RGBA")
    return Image.alpha_composite(_floor_shadow(size), product)


if __name__ == "__main__":
    file, size = sys.argv[1:] or (PICTURE, SIZE)
    draw(int(size)).save(file, optimize=True)
