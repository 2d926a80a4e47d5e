"""Measurements of one cell's picture; the twin of src/core/measure/measurements.cpp, which says what each is and where it comes from."""

import numpy as np

SIDE_PX = 64
LEAST_SPREAD = 1e-3
QUANTILES, FEW_QUANTILES = (0.01, 0.05, 0.25, 0.5, 0.75, 0.95, 0.99), (0.05, 0.5, 0.95)
RINGS, RING_PX = 8, 4
RADII, TOLERANCE = (1, 2), 1e-3
LEVELS, DISTANCES = 16, (1, 3)
OCTAVES = 5
DIAGONAL = 0.70710678118654752440

NAMES = (
    *(f"luma_{name}" for name in ("1", "5", "25", "50", "75", "95", "99", "mean", "spread", "skewness", "kurtosis")),
    *(f"{axis}_{name}" for axis in ("blue", "red") for name in ("5", "50", "95", "mean", "spread")),
    "luma_blue", "luma_red", "blue_red",
    *(f"ring_{ring}_{name}" for ring in range(1, RINGS + 2) for name in ("luma", "luma_spread", "blue", "red")),
    *(f"pattern_{radius}_{bin}" for radius in RADII for bin in range(10)),
    *(f"pairs_{distance}_{name}" for distance in DISTANCES for name in ("contrast", "correlation", "energy", "homogeneity", "most")),
    *(f"octave_{octave}_{name}" for octave in range(1, OCTAVES + 1) for name in ("luma", "share", "blue", "red")),
    *(f"{part}_{name}" for part in ("body", "core") for name in (
        "threshold", "parted", "bright", "area", "luma", "blue", "red", "spread", "border", "offset", "roundness", "thickness", "compactness",
    )),
)


def measure_cell(planes: np.ndarray) -> np.ndarray:
    """Measure a picture.

    Args:
        planes: 3×64×64, R, G, B on the 0..255 scale.
    Returns: one number for each of NAMES, float64.
    """
    red, green, blue = planes.astype(np.float64)
    luma = 0.299 * red + 0.587 * green + 0.114 * blue
    axes = (luma, blue - luma, red - luma)
    return np.array([
        *intensity(*axes), *rings(*axes), *(share for radius in RADII for share in patterns(luma, radius)), *pairs(luma), *octaves(*axes), *shapes(*axes),
    ])


def quantile(values: np.ndarray, share: float) -> float:
    """The value at a share of the order, its rank rounded down."""
    return np.sort(values, axis=None)[int(share * (values.size - 1))]


def spread_of(values: np.ndarray) -> float:
    return np.sqrt(((values - values.mean()) ** 2).mean())


def intensity(luma: np.ndarray, blue: np.ndarray, red: np.ndarray) -> list[float]:
    spread = spread_of(luma)
    scaled = (luma - luma.mean()) / max(spread, LEAST_SPREAD)
    skewness, kurtosis = (scaled**3).mean(), (scaled**4).mean()
    found = [*(quantile(luma, share) for share in QUANTILES), luma.mean(), spread, np.sign(skewness) * np.sqrt(abs(skewness)), np.sqrt(kurtosis)]
    for axis in (blue, red):
        found += [*(quantile(axis, share) for share in FEW_QUANTILES), axis.mean(), spread_of(axis)]
    return found + [correlation(one, other) for one, other in ((luma, blue), (luma, red), (blue, red))]


def correlation(one: np.ndarray, other: np.ndarray) -> float:
    spreads = max(spread_of(one), LEAST_SPREAD) * max(spread_of(other), LEAST_SPREAD)
    return ((one - one.mean()) * (other - other.mean())).mean() / spreads


def rings(luma: np.ndarray, blue: np.ndarray, red: np.ndarray) -> list[float]:
    # Distances from the middle are odd halves; twice them are whole numbers.
    y, x = 2 * np.mgrid[:SIDE_PX, :SIDE_PX] - (SIDE_PX - 1)
    ring = sum((x * x + y * y >= (2 * RING_PX * k) ** 2).astype(int) for k in range(1, RINGS + 1))
    found = []
    for k in range(RINGS + 1):
        inside = ring == k
        found += [luma[inside].mean(), spread_of(luma[inside]), blue[inside].mean(), red[inside].mean()]
    return found


def patterns(luma: np.ndarray, radius: int) -> list[float]:
    middle = luma[radius:-radius, radius:-radius]
    rows, columns = middle.shape
    shifted = lambda down, across: luma[radius + down:radius + down + rows, radius + across:radius + across + columns]
    near = int(np.floor(DIAGONAL * radius))
    part = DIAGONAL * radius - near

    def diagonal(down: int, across: int) -> np.ndarray:
        ends = [shifted(down * y, across * x) for y, x in ((near, near), (near, near + 1), (near + 1, near), (near + 1, near + 1))]
        return (1 - part) * ((1 - part) * ends[0] + part * ends[1]) + part * ((1 - part) * ends[2] + part * ends[3])

    around = [
        shifted(0, radius), diagonal(1, 1), shifted(radius, 0), diagonal(1, -1), shifted(0, -radius), diagonal(-1, -1), shifted(-radius, 0), diagonal(-1, 1),
    ]
    above = np.array([neighbour - middle > -TOLERANCE for neighbour in around])
    changes = (above != np.roll(above, 1, 0)).sum(0)
    code = np.where(changes <= 2, above.sum(0), 9)
    return [(code == k).mean() for k in range(10)]


def pairs(luma: np.ndarray) -> list[float]:
    low, high = quantile(luma, 0.01), quantile(luma, 0.99)
    level = np.clip(np.floor((luma - low) / max(high - low, 1.0) * LEVELS), 0, LEVELS - 1).astype(int)
    found = []
    for distance in DISTANCES:
        counts = np.zeros((LEVELS, LEVELS))
        for down, across in ((0, distance), (distance, distance), (distance, 0), (distance, -distance)):
            left, right = max(0, -across), SIDE_PX - max(0, across)
            first, second = level[:SIDE_PX - down, left:right], level[down:, left + across:right + across]
            np.add.at(counts, (first, second), 1)
        share = (counts + counts.T) / (2 * counts.sum())
        i, j = np.mgrid[:LEVELS, :LEVELS]
        mean = (share * i).sum()
        variance, together = (share * (i - mean) ** 2).sum(), (share * (i - mean) * (j - mean)).sum()
        found += [
            np.sqrt((share * (i - j) ** 2).sum()), together / variance if variance > 0 else 1.0, np.sqrt((share**2).sum()),
            (share / (1 + abs(i - j))).sum(), share.max(),
        ]
    return found


def octaves(luma: np.ndarray, blue: np.ndarray, red: np.ndarray) -> list[float]:
    details = np.array([detail(axis) for axis in (luma, blue, red)])
    return [number for one, other, third in details.T for number in (one, one / max(spread_of(luma), LEAST_SPREAD), other, third)]


def detail(values: np.ndarray) -> list[float]:
    found = []
    for _ in range(OCTAVES):
        halved = (values[::2, ::2] + values[::2, 1::2] + values[1::2, ::2] + values[1::2, 1::2]) / 4
        found.append(np.sqrt(((values - halved.repeat(2, 0).repeat(2, 1)) ** 2).mean()))
        values = halved
    return found


def shapes(luma: np.ndarray, blue: np.ndarray, red: np.ndarray) -> list[float]:
    levels = np.floor(np.clip(luma, 0, 255) + 0.5).astype(int)
    rim = np.ones(luma.shape, bool)
    rim[1:-1, 1:-1] = False
    everything = np.ones(luma.shape, bool)
    threshold, parted = otsu(levels, everything)
    above = levels > threshold
    # The background is what most of the rim is.
    is_bright = 2 * above[rim].sum() <= rim.sum()
    body = above if is_bright else ~above
    found = shape(body, everything, threshold, parted, is_bright, luma, blue, red)
    threshold, parted = otsu(levels, body)
    above = body & (levels > threshold)
    # The core is what lies nearer the middle of the body.
    is_bright = distance_from(above, body) <= distance_from(body & ~above, body)
    return found + shape(above if is_bright else body & ~above, body, threshold, parted, is_bright, luma, blue, red)


def otsu(levels: np.ndarray, inside: np.ndarray) -> tuple[int, float]:
    """The threshold that parts levels so that the two parts differ most, and the share of the variance between them."""
    counts = np.bincount(levels[inside], minlength=256).astype(np.float64)
    total = counts.sum()
    if total == 0:
        return 0, 0.0
    weight, moment = np.cumsum(counts), np.cumsum(counts * np.arange(256))
    squares, mean = (counts * np.arange(256.0) ** 2).sum(), moment[-1] / total
    low, high = weight, total - weight
    with np.errstate(divide="ignore", invalid="ignore"):
        between = np.where((low > 0) & (high > 0), (moment - low * mean) ** 2 * total / (low * high), 0.0)
    best = int(between.argmax())
    variance = squares - total * mean * mean
    return best, between[best] / variance if variance > LEAST_SPREAD else 0.0


def middle_of(part: np.ndarray) -> tuple[float, float, int]:
    y, x = np.nonzero(part)
    count = len(y)
    return (x.sum() / count, y.sum() / count, count) if count else ((SIDE_PX - 1) / 2, (SIDE_PX - 1) / 2, 0)


def distance_from(part: np.ndarray, whole: np.ndarray) -> float:
    """Mean square distance of a part's pixels from the middle of the whole."""
    at_x, at_y, _ = middle_of(whole)
    y, x = np.nonzero(part)
    return ((x - at_x) ** 2 + (y - at_y) ** 2).sum() / max(1, len(y))


def shape(part: np.ndarray, whole: np.ndarray, threshold: int, parted: float, is_bright: bool, luma: np.ndarray, blue: np.ndarray, red: np.ndarray) -> list[float]:
    rest = whole & ~part
    x, y, count = middle_of(part)
    whole_x, whole_y, whole_count = middle_of(whole)
    differs = [axis[part].mean() - axis[rest].mean() if count and rest.any() else 0.0 for axis in (luma, blue, red)]
    inside = np.pad(part, 1)
    steps = sum(int((inside != np.roll(inside, 1, axis)).sum()) for axis in (0, 1))
    rim = int(part[0].sum() + part[-1].sum() + part[1:-1, 0].sum() + part[1:-1, -1].sum())
    at_y, at_x = np.nonzero(part)
    across, down = at_x - x, at_y - y
    xx, yy, xy = ((one * other).sum() / max(1, count) + (1 / 12 if one is other else 0) for one, other in ((across, across), (down, down), (across, down)))
    root = np.sqrt((xx - yy) ** 2 / 4 + xy * xy)
    longer, shorter = (xx + yy) / 2 + root, max((xx + yy) / 2 - root, 0.0)
    return [
        threshold, parted, float(is_bright), np.sqrt(count / max(1, whole_count)), *differs, spread_of(luma[part]) if count else 0.0,
        rim / (4 * SIDE_PX - 4), np.sqrt((x - whole_x) ** 2 + (y - whole_y) ** 2) / SIDE_PX, np.sqrt(shorter / longer) if count else 0.0,
        # Of a disc the second moments sum to area / (2 π).
        np.sqrt(count / (xx + yy)) if count else 0.0, np.sqrt(count) / steps if count else 0.0,
    ]
