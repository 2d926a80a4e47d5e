"""Write tests/golden/morphometry/cases.json: what numpy and scipy measure of outlines on the pictures of tests/golden/prepare.

    pip install scipy
    python scripts/golden_morphometry.py

Discs, ellipses, rectangles, polygons drawn at random, some of which cross themselves, and such as reach or lie outside the picture, or hold no pixel's
middle. src/core/measure/morphometry.cpp must say the same; here every number is found the long way.
"""

import math
from pathlib import Path

import numpy as np
from scipy import ndimage, spatial

import golden_prepare
from cytotrain.model_folder import format_json
from cytotrain.prepare import decode

FILE = Path(__file__).resolve().parents[1] / "tests" / "golden" / "morphometry" / "cases.json"
IMAGES = ("grey_37x53", "rgb_33x17", "rgb_641x479", "grey16_50x41", "stained_121x90")


def inside_of(outline: np.ndarray, width: int, height: int) -> np.ndarray:
    """H×W: which pixels' middles are inside, by the even-odd rule."""
    crossed = np.zeros((height, width), int)
    rows, middles = np.arange(height) + 0.5, np.arange(width) + 0.5
    for (x0, y0), (x1, y1) in zip(outline, np.roll(outline, -1, 0)):
        hit = (y0 <= rows) != (y1 <= rows)
        at = x0 + (rows[hit] - y0) / (y1 - y0) * (x1 - x0) if hit.any() else np.zeros(0)
        crossed[hit] += at[:, None] <= middles
    return crossed % 2 == 1


def crossings(inside: np.ndarray, dx: int, dy: int) -> int:
    """How often lines of pixels, each dx across and dy down from the last, enter and leave the cell."""
    cells = {(x, y) for y, x in np.argwhere(inside).tolist()}
    return sum(((x + sign * dx, y + sign * dy) not in cells) for x, y in cells for sign in (1, -1))


def perimeter_of(inside: np.ndarray) -> float:
    """Crofton: half the integral over all directions of what lines cross, their distance being 1 over the length of their step."""
    steps = sorted([(1, 0), (2, 1), (1, 1), (1, 2), (0, 1), (-1, 2), (-1, 1), (-2, 1)], key=lambda step: math.atan2(step[1], step[0]))
    angles = [math.atan2(dy, dx) for dx, dy in steps]
    around = [angles[-1] - math.pi, *angles, angles[0] + math.pi]
    return sum((around[i + 2] - around[i]) / 2 * crossings(inside, *step) / math.hypot(*step) for i, step in enumerate(steps)) / 2


def elongation_of(y: np.ndarray, x: np.ndarray) -> float:
    shorter, longer = np.linalg.eigvalsh(np.cov(np.stack([x, y]), bias=True) + np.eye(2) / 12)
    return math.sqrt(longer / shorter)


def pixels_in_hull(y: np.ndarray, x: np.ndarray) -> int:
    places = np.stack([x, y], 1)
    if np.linalg.matrix_rank(places - places[0]) < 2:
        steps = np.abs(places.max(0) - places.min(0))
        return math.gcd(*map(int, steps)) + 1
    planes = spatial.ConvexHull(places).equations
    every = np.stack(np.meshgrid(np.arange(x.min(), x.max() + 1), np.arange(y.min(), y.max() + 1)), -1).reshape(-1, 2)
    return int((every @ planes[:, :2].T + planes[:, 2] <= 1e-9).all(1).sum())


def feret_of(y: np.ndarray, x: np.ndarray) -> float:
    sides = np.concatenate([np.stack([x + dx, y + dy], 1) for dx, dy in ((0.5, 0), (-0.5, 0), (0, 0.5), (0, -0.5))])
    far = sides[spatial.ConvexHull(sides).vertices]
    return float(spatial.distance.pdist(far).max())


def morphometry_of(image: np.ndarray, outline: np.ndarray) -> dict:
    inside = inside_of(outline, image.shape[1], image.shape[0])
    y, x = np.nonzero(inside)
    area = len(x)
    if area == 0:
        return {"area_px": 0}
    grey = image.astype(float)
    grey = grey @ [0.299, 0.587, 0.114] if grey.shape[2] == 3 else grey[..., 0]
    perimeter, mean = perimeter_of(inside), grey[inside].mean()
    deep = ndimage.binary_erosion(inside, np.ones((3, 3)))
    detail = (grey - ndimage.uniform_filter(grey, 3))[deep]
    return {
        "area_px": area, "equivalent_diameter_px": 2 * math.sqrt(area / math.pi), "perimeter_px": perimeter, "feret_diameter_px": feret_of(y, x),
        "circularity": 4 * math.pi * area / perimeter**2, "elongation": elongation_of(y, x), "solidity": area / pixels_in_hull(y, x),
        "grey_mean": mean, "grey_spread": grey[inside].std(), "granularity": math.sqrt((detail**2).mean()) / mean if len(detail) and mean > 0 else None,
    }


def outlines(width: int, height: int, random: np.random.Generator) -> list[np.ndarray]:
    turns = np.linspace(0, 2 * math.pi, 64, endpoint=False)
    circle = np.stack([np.cos(turns), np.sin(turns)], 1)
    side, middle = min(width, height), np.array([width, height]) / 2
    angle = 0.7
    turn = np.array([[math.cos(angle), -math.sin(angle)], [math.sin(angle), math.cos(angle)]])
    square = np.array([[0, 0], [1, 0], [1, 1], [0, 1]])
    star = circle[::13][np.argsort(np.arange(5) * 2 % 5)]
    return [
        middle + circle * side * 0.4, middle + circle * [side * 0.45, side * 0.15] @ turn, middle + (square - 0.5) * [8, 5], circle * side * 0.6,
        middle + star * side * 0.45, np.array([width, height]) + 5 + square * 9, middle.astype(int) + square * 0.25, np.array([[-1e6, -1e6], [3e6, 2], [2, 1e6]]),
        np.array([[1, 2.25], [13, 2.25], [13, 3.25], [1, 3.25]]), middle[None],
        *(random.uniform(-0.1, 1.1, (count, 2)) * [width, height] for count in (3, 4, 7, 20)),
        *(middle + circle * side * random.uniform(0.1, 0.45, 64)[:, None] for _ in range(2)),
    ]


def main() -> None:
    random, cases = np.random.default_rng(11), []
    for name in IMAGES:
        image = decode(golden_prepare.GOLDEN_FOLDER / f"{name}.png")
        for outline in outlines(image.shape[1], image.shape[0], random):
            rounded = np.round(outline * 16) / 16  # exact as float32
            cases.append({"image": f"{name}.png", "outline": rounded.ravel().tolist(), "expected": morphometry_of(image, rounded)})
    FILE.parent.mkdir(parents=True, exist_ok=True)
    FILE.write_text(format_json({"cases": cases}) + "\n")
    print(f"{len(cases)} cases, {FILE.stat().st_size} bytes")


if __name__ == "__main__":
    main()
