"""What the network that finds cells learns from: pieces of labelled frames, turned, scaled, brightened and blurred."""

import math
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from PIL import Image
from scipy import ndimage
from torch import nn

from cytotrain.detector import BLOCK_PX, Rule, network_input
from score_detection import labelled_slices, phase_contrast, viability

ROUND_PX, ADHERENT_PX = (14, 45), (25, 130)
SIDE_PX = 224
LEVELS = (0.75, 1.0, 1.35)  # each frame is kept at these scales, so that no piece has to be shrunk by much
NOTHING_SHARE = 0.02
LEAST_SEEN = 0.4  # a cell of which less is left in a piece is neither cell nor background there


@dataclass
class Level:
    """A frame at one scale.

    Attributes:
        pixels: 1×1×h×w as the network reads it, without padding.
        masks: h×w of cell numbers from 1, or None where boxes are all there is.
        boxes: N×4 of left, top, right, bottom at this scale; row k is cell k + 1.
        areas: px of each cell's mask at this scale, without masks its box.
    """

    pixels: torch.Tensor
    masks: np.ndarray | None
    boxes: np.ndarray
    areas: np.ndarray


def grey_of(path: Path) -> np.ndarray:
    pixels = np.asarray(Image.open(path)).astype(np.float32)
    return pixels if pixels.ndim == 2 else pixels[..., :3].mean(2)


def levels_of(grey: np.ndarray, diameters: tuple[int, int], boxes: np.ndarray, masks: np.ndarray | None) -> list[Level]:
    levels = []
    for scale in LEVELS:
        rule = Rule(cell_diameter_px=Rule.cell_diameter_px * scale)
        pixels, (width, height) = network_input(grey, *diameters, rule)
        factor = np.array([width / grey.shape[1], height / grey.shape[0]] * 2)
        small, at_scale = None, boxes * factor
        areas = (at_scale[:, 2:] - at_scale[:, :2]).prod(1)
        if masks is not None:
            rows, columns = ((np.arange(n) + 0.5) * of / n for n, of in ((height, grey.shape[0]), (width, grey.shape[1])))
            small = masks[rows.astype(int)[:, None], columns.astype(int)]
            areas = np.bincount(masks.ravel(), minlength=len(boxes) + 1)[1:] * factor[0] * factor[1]
        levels.append(Level(pixels[..., :height, :width].contiguous(), small, at_scale, areas))
    return levels


def viability_levels(data: Path, part: str) -> list[list[Level]]:
    return [levels_of(grey_of(f.path), ROUND_PX, f.boxes, None) for f in viability(data / "viability", part)]


def phase_levels(data: Path, names: tuple[str, ...]) -> list[list[Level]]:
    return [levels_of(grey_of(f.path), ADHERENT_PX, f.boxes, f.masks) for f in phase_contrast(data / "phase-contrast", names)]


@dataclass
class Piece:
    """What the network reads and should say: pixels 1×S×S, heat, weight, boxes, share S/4×S/4, inside S/2×S/2.

    `heat` is 1 in a centre's block and falls off around; `seen` is 0 where a cut cell makes the truth unsure; `target`
    holds the four distances in px and `near` how much a block counts for them.
    """

    pixels: torch.Tensor
    heat: np.ndarray
    seen: np.ndarray
    target: np.ndarray
    near: np.ndarray
    inside: np.ndarray


def placement(level: Level, zoom: float, any_angle: bool, rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    """A turn, flip and shift from the frame's px to the piece's: piece = turn · frame + shift."""
    angle = rng.uniform(0, 2 * np.pi) if any_angle else 0.5 * np.pi * rng.integers(4)
    cos, sin = (math.cos(angle), math.sin(angle)) if any_angle else (round(math.cos(angle)), round(math.sin(angle)))
    turn = zoom * np.array([[cos, -sin], [sin, cos]]) @ np.diag([rng.choice([-1, 1]), 1])
    if any_angle:
        # A few frames show few shapes: others by stretching along one direction and shrinking across it.
        stretch, along = math.exp(rng.normal(0, 0.15)), rng.uniform(0, np.pi)
        axes = np.array([[math.cos(along), -math.sin(along)], [math.sin(along), math.cos(along)]])
        turn = turn @ axes @ np.diag([stretch, 1 / stretch]) @ axes.T
    height, width = level.pixels.shape[2:]
    corners = np.array([[0, 0], [width, 0], [0, height], [width, height]]) @ turn.T
    low, high = corners.min(0), corners.max(0)
    room = SIDE_PX - (high - low)
    # Often a frame's edge is the piece's edge, as it is when a whole frame is searched.
    share = np.where(rng.random(2) < 0.5, rng.integers(2, size=2), rng.random(2))
    shift = np.round(room * share) - low
    return turn, shift


def cut_out(level: Level, turn: np.ndarray, shift: np.ndarray) -> tuple[torch.Tensor, np.ndarray, np.ndarray, np.ndarray | None]:
    """Pixels S×S, boxes N×4, the share of each cell that is seen, masks S×S or None."""
    back = np.linalg.inv(turn)
    height, width = level.pixels.shape[2:]
    # In grid_sample's coordinates −1 and 1 are the outer edges of the image.
    size = np.array([width, height])
    matrix = back * (SIDE_PX / 2) * (2 / size[:, None])
    offset = (back @ (np.full(2, SIDE_PX / 2) - shift)) * 2 / size - 1
    theta = torch.from_numpy(np.hstack([matrix, offset[:, None]]).astype(np.float32))[None]
    grid = nn.functional.affine_grid(theta, (1, 1, SIDE_PX, SIDE_PX), align_corners=False)
    pixels = nn.functional.grid_sample(level.pixels, grid, mode="bilinear", padding_mode="zeros", align_corners=False)[0, 0]
    area = level.areas * abs(np.linalg.det(turn))
    if level.masks is None:
        corners = level.boxes[:, [[0, 1], [2, 3]]] @ turn.T + shift
        whole = np.hstack([corners.min(1), corners.max(1)])
        boxes = np.clip(whole, 0, SIDE_PX)
        return pixels, boxes, (boxes[:, 2:] - boxes[:, :2]).prod(1) / np.maximum(area, 1e-6), None
    x, y = (((grid[0, ..., axis].numpy() + 1) * size[axis] / 2) for axis in (0, 1))
    is_in = (x >= 0) & (y >= 0) & (x < width) & (y < height)
    masks = np.where(is_in, level.masks[np.clip(y, 0, height - 1).astype(np.int32), np.clip(x, 0, width - 1).astype(np.int32)], 0)
    boxes = np.zeros((len(level.boxes), 4))
    for label, (rows, columns) in labelled_slices(masks):
        boxes[label - 1] = columns.start, rows.start, columns.stop, rows.stop
    seen = np.bincount(masks.ravel(), minlength=len(boxes) + 1)[1:] / area
    return pixels, boxes, seen, masks


def nothing(rng: np.random.Generator) -> Piece:
    """Noise as a frame without cells shows it, where the spread is the noise's own."""
    pixels = ndimage.gaussian_filter(rng.standard_normal((SIDE_PX, SIDE_PX), np.float32), rng.uniform(0, 2))
    return Piece(torch.from_numpy(pixels * np.float32(rng.uniform(0.4, 0.7) / pixels.std()))[None], *truth(np.zeros((0, 4)), np.zeros(0), None))


def pieces_of(tiles: list[list[Level]], dishes: list[list[Level]], share: float, count: int, rng: np.random.Generator) -> list[torch.Tensor]:
    """A batch of pieces: N×1×S×S, then heat, seen, target, near and inside as Piece describes them.

    Args:
        tiles, dishes: frames of round cells, and of adherent ones, which make up `share` of the batch.
    """
    pieces = []
    for _ in range(count):
        adherent = bool(dishes) and rng.random() < share
        frames = dishes if adherent else tiles
        is_empty = rng.random() < NOTHING_SHARE
        pieces.append(nothing(rng) if is_empty else piece_of(frames[rng.integers(len(frames))], adherent, rng))
    maps = [torch.from_numpy(np.stack([getattr(piece, name) for piece in pieces])) for name in ("heat", "seen", "target", "near", "inside")]
    return [torch.stack([piece.pixels for piece in pieces]), *maps]


def piece_of(frame: list[Level], any_angle: bool, rng: np.random.Generator) -> Piece:
    # Some tiles stay at their own scale: that is how they will be searched.
    wanted = 1.0 if not any_angle and rng.random() < 0.3 else math.exp(rng.uniform(-0.3, 0.3))
    at = int(np.argmin([abs(math.log(wanted / scale)) for scale in LEVELS]))
    turn, shift = placement(frame[at], wanted / LEVELS[at], any_angle, rng)
    pixels, boxes, share, masks = cut_out(frame[at], turn, shift)
    return Piece(changed(pixels, rng), *truth(boxes, share, masks))


def changed(pixels: torch.Tensor, rng: np.random.Generator) -> torch.Tensor:
    """Other contrast, brightness, slope of light, focus and noise; S×S to 1×S×S."""
    empty = pixels == 0  # beyond the frame's edge
    pixels = pixels * math.exp(rng.uniform(-0.8, 0.5)) + rng.normal(0, 0.1)
    along = torch.linspace(-0.5, 0.5, SIDE_PX)
    pixels = pixels + float(rng.normal(0, 0.2)) * along + float(rng.normal(0, 0.2)) * along[:, None]
    if rng.random() < 0.25:
        sigma = rng.uniform(0.4, 1.2)
        taps = torch.exp(-0.5 * (torch.arange(-3.0, 4.0) / sigma) ** 2)
        taps = taps / taps.sum()
        pixels = nn.functional.conv2d(nn.functional.conv2d(pixels[None, None], taps.view(1, 1, 1, -1), padding=(0, 3)),
                                      taps.view(1, 1, -1, 1), padding=(3, 0))[0, 0]
    if rng.random() < 0.5:
        pixels = pixels + torch.from_numpy(rng.standard_normal(pixels.shape, np.float32) * np.float32(rng.uniform(0, 0.15)))
    return pixels.clamp(-Rule.most, Rule.most).masked_fill(empty, 0)[None]


def truth(boxes: np.ndarray, share: np.ndarray, masks: np.ndarray | None) -> tuple[np.ndarray, ...]:
    """The maps a network should give; see Piece."""
    blocks = SIDE_PX // BLOCK_PX
    middle = BLOCK_PX * (np.arange(blocks) + 0.5)
    heat, seen = np.zeros((blocks, blocks), np.float32), np.ones((blocks, blocks), np.float32)
    near, target = np.zeros((blocks, blocks), np.float32), np.ones((4, blocks, blocks), np.float32)
    half = 2 * np.arange(SIDE_PX // 2) + 1.0
    inside = np.zeros((SIDE_PX // 2,) * 2, np.float32) if masks is None else \
        (masks > 0).astype(np.float32).reshape(SIDE_PX // 2, 2, SIDE_PX // 2, 2).mean((1, 3))
    for (left, top, right, bottom), part in zip(boxes, share):
        width, height = right - left, bottom - top
        if width < 2 or height < 2:
            continue
        x, y = (left + right) / 2, (top + bottom) / 2
        if masks is None:
            ellipse = ((half - x) / (width / 2)) ** 2 + ((half[:, None] - y) / (height / 2)) ** 2 <= 1
            inside[ellipse] = 1
        if part < LEAST_SEEN:
            seen[(middle[:, None] > top - 2) & (middle[:, None] < bottom + 2) & (middle > left - 2) & (middle < right + 2)] = 0
            continue
        fall = np.exp(-0.5 * ((middle - y) / max(height / 7, 2.5)) ** 2).astype(np.float32)[:, None] * \
            np.exp(-0.5 * ((middle - x) / max(width / 7, 2.5)) ** 2).astype(np.float32)
        rows, columns = np.nonzero((fall > near) & (fall > 0.1))
        near[rows, columns] = fall[rows, columns]
        target[:, rows, columns] = middle[columns] - left, middle[rows] - top, right - middle[columns], bottom - middle[rows]
        heat = np.maximum(heat, np.where(fall > 0.01, fall, 0))
        heat[min(int(y / BLOCK_PX), blocks - 1), min(int(x / BLOCK_PX), blocks - 1)] = 1
    return heat, seen, target / np.float32(Rule.cell_diameter_px), near, inside
