"""Where the stained cell of an image lies and in which colours it is photographed; the twin of src/core/prepare/stained_cell.cpp."""

from dataclasses import dataclass

import numpy as np
import torch

REDUCED_PX, LEVELS = 96, 64
WINDOW, FIRST_WINDOW, LARGEST_WINDOW = 1.8, 0.45, 0.5
SMALLEST_WINDOW_PX, REST_PX, MOVES, FEWEST = 4.0, 0.01, 12, 4
LEAST_BEND, MOST_BEND = 0.4, 2.5


@dataclass(frozen=True)
class StainedCell:
    """What src/core/prepare/stained_cell.h says.

    Attributes:
        x_px, y_px: centre of the nucleus.
        radius_px: of a disc whose pixels are spread as the nucleus's are.
        background, nucleus: R, G, B, 0..255.
    """

    x_px: float
    y_px: float
    radius_px: float
    background: np.ndarray
    nucleus: np.ndarray


def find_stained_cell(planes: torch.Tensor) -> StainedCell:
    """Find the stained nucleus nearest the middle.

    Args:
        planes: 1×3×H×W float32 on the 0..255 scale.
    """
    height, width = planes.shape[2:]
    by = max(1.0, max(height, width) / REDUCED_PX)
    rows, columns = (max(1, int(np.floor(px / by + 0.5))) for px in (height, width))
    small = torch.nn.functional.interpolate(planes, (rows, columns), mode="bilinear", antialias=True, align_corners=False)[0]
    small = (small + 0.5).clamp(0, 255).floor().numpy().astype(np.int64)
    background = np.array([at_share(channel.ravel(), 0.9) for channel in small])
    levels = np.minimum(255, small[0] * 255 // max(1, background[0])) // (256 // LEVELS)
    mask = levels <= darkest_of_three(np.bincount(levels.ravel(), minlength=LEVELS))
    y, x = np.nonzero(mask)
    at_x, at_y, window = (columns - 1) / 2, (rows - 1) / 2, min(rows, columns) * FIRST_WINDOW
    for _ in range(MOVES):
        inside = (x - at_x) ** 2 + (y - at_y) ** 2 <= window * window
        if inside.sum() < FEWEST:
            break
        to_x, to_y = x[inside].mean(), y[inside].mean()
        # Of a disc of radius r the mean square distance from the centre is r² / 2.
        spread = np.sqrt(2 * ((x[inside] - to_x) ** 2 + (y[inside] - to_y) ** 2).sum() / inside.sum())
        to_window = min(max(WINDOW * spread, SMALLEST_WINDOW_PX), min(rows, columns) * LARGEST_WINDOW)
        moved = abs(to_x - at_x) + abs(to_y - at_y) + abs(to_window - window)
        at_x, at_y, window = to_x, to_y, to_window
        if moved < REST_PX:
            break
    inside = (x - at_x) ** 2 + (y - at_y) ** 2 <= window * window
    nucleus = np.array([at_share(channel[y[inside], x[inside]], 0.5) for channel in small]) if inside.any() else background
    across, down = width / columns, height / rows
    return StainedCell((at_x + 0.5) * across, (at_y + 0.5) * down, window / WINDOW * np.sqrt(across * down), background, nucleus)


def at_share(values: np.ndarray, share: float) -> int:
    """The value at a share of the order, its rank rounded down."""
    rank = int(share * (len(values) - 1))
    return int(np.partition(values, rank)[rank])


def darkest_of_three(counts: np.ndarray) -> int:
    """The lower of the two thresholds that part levels so that the parts differ most. Source: Otsu 1979."""
    weight, moment = np.cumsum(counts / counts.sum()), np.cumsum(counts / counts.sum() * np.arange(LEVELS))
    low, high = np.triu_indices(LEVELS - 1, 1)
    first, second, third = weight[low], weight[high] - weight[low], 1 - weight[high]
    is_parted = (first > 0) & (second > 0) & (third > 1e-12)
    if not is_parted.any():
        return 0
    low, high, first, second, third = (values[is_parted] for values in (low, high, first, second, third))
    parted = moment[low] ** 2 / first + (moment[high] - moment[low]) ** 2 / second + (moment[-1] - moment[high]) ** 2 / third
    return int(low[parted.argmax()])


def stained_square(cell: StainedCell, radii: float) -> tuple[int, int, int]:
    """Left, top and side of the square that the network sees; it may reach outside."""
    half = radii * cell.radius_px
    rounded = lambda value: int(np.floor(value + 0.5))
    return rounded(cell.x_px - half), rounded(cell.y_px - half), max(8, rounded(2 * half))


def cut_stained(image: np.ndarray, cell: StainedCell, radii: float) -> np.ndarray:
    """The square of a cell, with the background's colour where the image does not reach.

    Args:
        image: H×W×1 or H×W×3, uint8 or uint16.
    Returns: side×side×C of the same type.
    """
    left, top, side = stained_square(cell, radii)
    height, width, channels = image.shape
    full = np.iinfo(image.dtype).max
    part = np.empty((side, side, channels), image.dtype)
    part[:] = np.floor(cell.background[:channels] / 255 * full + 0.5).astype(image.dtype)
    first_x, first_y, last_x, last_y = max(0, left), max(0, top), min(width, left + side), min(height, top + side)
    if first_x < last_x and first_y < last_y:
        part[first_y - top:last_y - top, first_x - left:last_x - left] = image[first_y:last_y, first_x:last_x]
    return part


def restain(planes: torch.Tensor, cell: StainedCell, usual: list[float]) -> torch.Tensor:
    """Bring colours to those of one laboratory; see src/core/prepare/stained_cell.h.

    Args:
        planes: 1×3×H×W float32 on the 0..255 scale.
        usual: R, G, B of a nucleus.
    """
    values = planes.clamp(0, 255)
    below = values.floor().long()
    changed = torch.empty_like(values)
    for channel in range(3):
        background = max(1.0, float(cell.background[channel]))
        own = np.clip(cell.nucleus[channel] / background, 0.02, 0.95)
        bend = np.clip(np.log(usual[channel] / 255) / np.log(own), LEAST_BEND, MOST_BEND)
        table = torch.from_numpy((255 * np.clip(np.arange(257) / background, 1 / 255, 1.0) ** bend).astype(np.float32))
        low, high = table[below[:, channel]], table[below[:, channel] + 1]
        changed[:, channel] = low + (high - low) * (values[:, channel] - below[:, channel])
    return changed
