"""The network that finds cells, and the way from a frame to its input and from its maps to boxes.

The core does the same (src/core/detect); tests hold both against one worked example.
"""

import math
from dataclasses import dataclass

import numpy as np
import torch
from torch import nn

from cytotrain.prepare import resize

BLOCK_PX = 4  # the maps have one value for a block of so many px at the network's scale
STRIDE_PX = 8  # the network thinks in squares of so many px, each of 2 × 2 blocks
CHANNELS = 9  # centre, left, top, right, bottom, four sub-blocks of "inside"
DILATIONS = (1, 2, 4, 1, 2, 1)

@dataclass(frozen=True)
class Rule:
    """What a spec.json says about input and boxes.

    Attributes:
        cell_diameter_px: diameter that the geometric mean of least and most diameter is brought to.
        gain, most: input = clamp(gain · (value − median) / spread, −most, most).
        threshold: least score of a cell.
        overlap: greatest intersection over union of two cells' boxes.
    """

    cell_diameter_px: float = 22.0
    gain: float = 4.0
    most: float = 8.0
    threshold: float = 0.3
    overlap: float = 0.5


class Dilated(nn.Module):
    """A dense dilated convolution, added to what came in."""

    def __init__(self, width: int, dilation: int):
        super().__init__()
        self.steps = nn.Sequential(
            nn.Conv2d(width, width, 3, padding=dilation, dilation=dilation, bias=False), nn.BatchNorm2d(width), nn.ReLU())

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return x + self.steps(x)


class CellMarker(nn.Module):
    """N×1×H×W, H and W multiples of STRIDE_PX, to maps of blocks.

    Dense 3 × 3 convolutions: on a processor they give more for their time than depthwise ones. At a stride of 8 px they cost a
    quarter of what they do at 4.

    Args:
        is_fine: what they find is brought to a stride of 4 px again and laid upon what was there before, so that thin cells side by side
            are told apart. The output is N×9×H/4×W/4; otherwise N×36×H/8×W/8, of each square CHANNELS values for each of its four blocks.
    """

    def __init__(self, is_fine: bool, width: int = 48):
        super().__init__()
        self.is_fine = is_fine
        fine = width // 2
        self.stem = nn.Sequential(*step(1, 16, 3, 2), *step(16, fine, 3, 2))
        self.trunk = nn.Sequential(*step(fine, width, 3, 2), *[Dilated(width, dilation) for dilation in DILATIONS])
        if is_fine:
            self.widen = nn.Sequential(*step(width, 4 * fine, 1), nn.PixelShuffle(2))
            self.head = nn.Sequential(Dilated(fine, 1), nn.Conv2d(fine, CHANNELS, 1))
        else:
            self.head = nn.Sequential(*step(width, 2 * width, 1), nn.Conv2d(2 * width, 4 * CHANNELS, 1))
        # Few blocks hold a centre; a box begins at a typical size.
        nn.init.constant_(self.head[-1].bias, 0.4)
        nn.init.constant_(self.head[-1].bias[:1 if is_fine else 4], -4.0)

    @property
    def halo_px(self) -> int:
        """How far around a square the network looks, in whole squares."""
        return STRIDE_PX * (1 + sum(DILATIONS) + self.is_fine)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        fine = self.stem(x)
        coarse = self.trunk(fine)
        return self.head(fine + self.widen(coarse)) if self.is_fine else self.head(coarse)


def step(inputs: int, outputs: int, kernel: int, stride: int = 1) -> list[nn.Module]:
    return [nn.Conv2d(inputs, outputs, kernel, stride, kernel // 2, bias=False), nn.BatchNorm2d(outputs), nn.ReLU()]


def by_block(maps: torch.Tensor) -> torch.Tensor:
    """What a network gives to N×9×H/4×W/4."""
    return maps if maps.shape[1] == CHANNELS else nn.functional.pixel_shuffle(maps, STRIDE_PX // BLOCK_PX)


def contrast_of(grey: np.ndarray, least_px: float, most_px: float) -> tuple[float, float]:
    """Median and spread of a frame, the same for every gain and offset of the camera.

    The spread leaves out a thousandth of the pixels at either end, but in a large frame no more than a quarter of the
    square on half a typical cell's diameter: one cell alone still counts.

    Args:
        grey: H×W, any real type.
    Returns: the ⌊n/2⌋th value in order, and the difference of the values at n − 1 − rank and rank.
    """
    count = grey.size
    rank = min((count - 1) // 1000, int(least_px * most_px / 8))
    ordered = np.partition(grey.ravel(), [rank, count // 2, count - 1 - rank])
    return float(ordered[count // 2]), float(ordered[count - 1 - rank]) - float(ordered[rank])


def scaled_size(width_px: int, height_px: int, least_px: float, most_px: float, rule: Rule) -> tuple[int, int]:
    """Width and height at the network's scale, rounded half up, at least one block."""
    scale = rule.cell_diameter_px / math.sqrt(least_px * most_px)
    return tuple(max(BLOCK_PX, math.floor(side * scale + 0.5)) for side in (width_px, height_px))


def network_input(grey: np.ndarray, least_px: float, most_px: float, rule: Rule) -> tuple[torch.Tensor, tuple[int, int]]:
    """Bring a frame to what the network reads.

    Args:
        grey: H×W, mean of the colours.
        least_px, most_px: diameters looked for, in px of the frame.
    Returns: 1×1×h×w float32 padded with 0 at right and bottom to multiples of STRIDE_PX; the unpadded width and height.
    """
    middle, spread = contrast_of(grey, least_px, most_px)
    width, height = scaled_size(grey.shape[1], grey.shape[0], least_px, most_px, rule)
    planes = torch.from_numpy(np.ascontiguousarray(grey, np.float32))[None, None]
    if (height, width) != grey.shape:
        planes = resize(planes, "bilinear_antialiased", height, width)
    planes = ((planes - middle) * (rule.gain / spread) if spread > 0 else planes * 0).clamp(-rule.most, rule.most)
    return nn.functional.pad(planes, (0, -width % STRIDE_PX, 0, -height % STRIDE_PX)), (width, height)


def peaks(scores: np.ndarray, least: float) -> np.ndarray:
    """Blocks that are the greatest of their 3 × 3; of equal ones the first in reading order.

    Args:
        scores: h×w.
    Returns: K×2 of y, x, greatest score first, equal ones in reading order.
    """
    around = np.pad(scores, 1, mode="constant", constant_values=-np.inf)
    height, width = scores.shape
    best = scores >= least
    for dy in (-1, 0, 1):
        for dx in (-1, 0, 1):
            other = around[1 + dy:1 + dy + height, 1 + dx:1 + dx + width]
            if (dy, dx) < (0, 0):
                best &= scores > other
            elif (dy, dx) > (0, 0):
                best &= scores >= other
    found = np.argwhere(best)
    return found[np.argsort(-scores[best], kind="stable")]


def overlaps(box: np.ndarray, boxes: np.ndarray) -> np.ndarray:
    """Intersection over union of a box (4) with boxes (N×4)."""
    sides = np.clip(np.minimum(box[2:], boxes[:, 2:]) - np.maximum(box[:2], boxes[:, :2]), 0, None)
    both = sides.prod(1)
    union = (box[2:] - box[:2]).prod() + (boxes[:, 2:] - boxes[:, :2]).prod(1) - both
    return both / np.maximum(union, 1e-9)


def boxes_of(maps: np.ndarray, scaled: tuple[int, int], frame: tuple[int, int], rule: Rule) -> tuple[np.ndarray, np.ndarray]:
    """Turn the network's maps into boxes.

    Args:
        maps: 9×h×w.
        scaled: width and height of the frame at the network's scale, without padding.
        frame: width and height of the frame in px.
    Returns: N×4 float64 of left, top, right, bottom in px of the frame; N scores; both by falling score.
    """
    centre = maps[0].astype(np.float64)
    found = peaks(centre, math.log(rule.threshold / (1 - rule.threshold)))
    y, x = found.T
    left, top, right, bottom = np.maximum(maps[1:5, y, x].astype(np.float64), 0) * rule.cell_diameter_px
    middle_x, middle_y = BLOCK_PX * (x + 0.5), BLOCK_PX * (y + 0.5)
    boxes = np.stack([middle_x - left, middle_y - top, middle_x + right, middle_y + bottom], 1)
    boxes = np.clip(boxes * (np.array([*frame, *frame]) / np.array([*scaled, *scaled])), 0, [*frame, *frame])
    kept: list[int] = []
    for at, box in enumerate(boxes):
        if (box[2:] > box[:2]).all() and not (overlaps(box, boxes[kept]) > rule.overlap).any():
            kept.append(at)
    return boxes[kept], 1 / (1 + np.exp(-centre[y, x][kept]))


def has_size(boxes: np.ndarray, least_px: float, most_px: float, slack: float = 0.4) -> np.ndarray:
    """Which boxes are of the size looked for, by the root of their area, with slack at both ends."""
    size = np.sqrt((boxes[:, 2] - boxes[:, 0]) * (boxes[:, 3] - boxes[:, 1]))
    return (size >= least_px * (1 - slack)) & (size <= most_px * (1 + slack))
