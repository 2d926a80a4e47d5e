#!/usr/bin/env python3
"""Train a small network that marks cells in a frame, for src/core/detect.

    python scripts/train_detector.py --data ../shared/data --set viability --out build/detectors/round
    python scripts/train_detector.py --data ../shared/data --set phase-contrast --out build/detectors/adherent

The network reads a grey frame, 4 · (value − median) / median, and gives at a quarter of its size eight channels: the
four pixels of a 2 × 2 block of two maps. Map 0 is the logit of "inside a cell", map 1 that of how deep inside: 0 at
the cell's edge, 1 at its deepest point. Seeds are where it is deep; a watershed grows them over the inside.
"""

import argparse
import csv
import json
import random
import time
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from PIL import Image
from scipy import ndimage
from torch import nn

PHASE_TUNE = ("set1", "set14")


@dataclass
class Frame:
    """One frame at the network's scale.

    Attributes:
        pixels: H×W float32, already 4 · (value − median) / median.
        inside: H×W float32, 1 inside a cell.
        depth: H×W float32, 0 at a cell's edge to 1 at its deepest point.
    """

    pixels: np.ndarray
    inside: np.ndarray
    depth: np.ndarray


def relative(pixels: np.ndarray) -> np.ndarray:
    middle = float(np.median(pixels))
    return (4 * (pixels - middle) / middle).astype(np.float32)


def viability_split(data: Path) -> dict[str, str]:
    """Split of each group, as scripts/prepare_data.py makes it."""
    with open(data / "viability" / "boxes.csv") as file:
        groups = sorted({row["group"] for row in csv.DictReader(file)}, key=int)
    random.Random(1).shuffle(groups)
    share = {group: rank / len(groups) for rank, group in enumerate(groups)}
    return {group: "train" if s < 0.7 else "val" if s < 0.8 else "test" for group, s in share.items()}


def viability_frames(data: Path, part: str) -> list[Frame]:
    """Tiles of one part; a box stands for the ellipse in it."""
    split = viability_split(data)
    tiles: dict[str, list[list[int]]] = {}
    with open(data / "viability" / "boxes.csv") as file:
        for row in csv.DictReader(file):
            if split[row["group"]] == part:
                tiles.setdefault(row["image"], []).append([int(row[c]) for c in ("x0", "y0", "x1", "y1")])
    frames = []
    for name, boxes in tiles.items():
        with Image.open(data / "viability" / "images" / name) as tile:
            pixels = np.asarray(tile.convert("L")).astype(np.float32)
        y, x = np.mgrid[: pixels.shape[0], : pixels.shape[1]] + 0.5
        depth = np.zeros(pixels.shape, np.float32)
        inside = np.zeros(pixels.shape, np.float32)
        for x0, y0, x1, y1 in boxes:
            radius = np.hypot((x - (x0 + x1) / 2) / ((x1 - x0) / 2), (y - (y0 + y1) / 2) / ((y1 - y0) / 2))
            depth = np.maximum(depth, 1 - radius)
            inside[radius <= 1] = 1
        frames.append(Frame(relative(pixels), inside, depth.astype(np.float32)))
    return frames


def phase_frames(data: Path, scale: float = 0.5) -> list[Frame]:
    frames = []
    for name in PHASE_TUNE:
        pixels = np.asarray(Image.open(data / "phase-contrast" / f"{name}.tif")).astype(np.float32)
        masks = np.asarray(Image.open(data / "phase-contrast" / f"{name}-instances.png"))
        depth = np.zeros(pixels.shape, np.float32)
        for label, where in enumerate(ndimage.find_objects(masks.astype(int)), 1):
            if where is None:
                continue
            distance = ndimage.distance_transform_edt(np.pad(masks[where] == label, 1, mode="constant"))[1:-1, 1:-1]
            depth[where] = np.maximum(depth[where], distance / distance.max())
        half = lambda a: ndimage.zoom(a, scale, order=1, grid_mode=True, mode="nearest")
        smooth = ndimage.uniform_filter(pixels, 2)
        frames.append(Frame(relative(half(smooth)), half((masks > 0).astype(np.float32)), half(depth)))
    return frames


class Block(nn.Module):
    """Pointwise, dilated depthwise, pointwise, added to what came in."""

    def __init__(self, width: int, dilation: int):
        super().__init__()
        self.steps = nn.Sequential(
            nn.Conv2d(width, width, 1, bias=False), nn.BatchNorm2d(width), nn.ReLU6(),
            nn.Conv2d(width, width, 3, padding=dilation, dilation=dilation, groups=width, bias=False),
            nn.BatchNorm2d(width), nn.ReLU6(),
            nn.Conv2d(width, width, 1, bias=False), nn.BatchNorm2d(width))

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return x + self.steps(x)


class CellMarker(nn.Module):
    """N×1×H×W to N×8×H/4×W/4."""

    def __init__(self, width: int = 48):
        super().__init__()
        self.layers = nn.Sequential(
            nn.Conv2d(1, 16, 3, 2, 1, bias=False), nn.BatchNorm2d(16), nn.ReLU6(),
            nn.Conv2d(16, width, 3, 2, 1, bias=False), nn.BatchNorm2d(width), nn.ReLU6(),
            *[Block(width, d) for d in (1, 2, 4, 8, 1, 2, 4, 1)],
            nn.Conv2d(width, 8, 1))

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return self.layers(x)


def maps_of(output: torch.Tensor) -> torch.Tensor:
    """N×8×h×w to N×2×2h×2w logits."""
    return nn.functional.pixel_shuffle(output, 2)


def sample(frame: Frame, side: int, rng: np.random.Generator, any_angle: bool) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """A random piece of a frame, turned, scaled, brightened and blurred."""
    scale = float(np.exp(rng.uniform(-0.25, 0.25)))
    angle = rng.uniform(0, 2 * np.pi) if any_angle else rng.integers(4) * np.pi / 2
    turn = scale * np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
    if rng.random() < 0.5:
        turn[:, 0] *= -1
    height, width = frame.pixels.shape
    # Beyond the edge lies what the network's own padding gives, zeros, and no cell.
    centre = np.array([rng.uniform(0.3, 0.7) * height, rng.uniform(0.3, 0.7) * width]) if min(height, width) < 1.5 * side else \
        np.array([rng.uniform(0, height), rng.uniform(0, width)])
    offset = centre - turn @ np.full(2, (side - 1) / 2)
    take = lambda a: ndimage.affine_transform(a, turn, offset, (side, side), order=1, mode="constant")
    pixels, inside, depth = take(frame.pixels), take(frame.inside), take(frame.depth)
    pixels = pixels * np.exp(rng.uniform(-0.7, 0.5)) + rng.normal(0, 0.1)
    slope = rng.normal(0, 0.25, 2)
    y, x = np.mgrid[:side, :side] / side - 0.5
    pixels = pixels + slope[0] * y + slope[1] * x
    if rng.random() < 0.3:
        pixels = ndimage.gaussian_filter(pixels, rng.uniform(0.3, 1.0))
    pixels = pixels + rng.normal(0, rng.uniform(0, 0.12), pixels.shape)
    halve = lambda a: a.reshape(side // 2, 2, side // 2, 2).mean((1, 3))
    return pixels.astype(np.float32), halve(inside).astype(np.float32), halve(depth).astype(np.float32)


def loss_of(maps: torch.Tensor, inside: torch.Tensor, depth: torch.Tensor) -> torch.Tensor:
    marked = nn.functional.binary_cross_entropy_with_logits(maps[:, 0], inside)
    deep = nn.functional.binary_cross_entropy_with_logits(maps[:, 1], depth, reduction="none")
    return marked + (deep * (1 + 4 * depth)).mean()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", required=True, type=Path)
    parser.add_argument("--set", required=True, choices=("viability", "phase-contrast"))
    parser.add_argument("--out", required=True, type=Path)
    parser.add_argument("--minutes", type=float, default=20)
    parser.add_argument("--batch", type=int, default=16)
    parser.add_argument("--threads", type=int, default=1)
    arguments = parser.parse_args()
    torch.set_num_threads(arguments.threads)
    torch.manual_seed(0)
    rng = np.random.default_rng(0)
    phase = arguments.set == "phase-contrast"
    frames = phase_frames(arguments.data) if phase else viability_frames(arguments.data, "train")
    side = 192 if phase else 176
    network = CellMarker().to(memory_format=torch.channels_last)
    optimiser = torch.optim.AdamW(network.parameters(), 3e-3, weight_decay=1e-3)
    arguments.out.mkdir(parents=True, exist_ok=True)
    start, step, running = time.monotonic(), 0, 0.0
    while True:
        share = (time.monotonic() - start) / (60 * arguments.minutes)
        if share >= 1:
            break
        for group in optimiser.param_groups:
            group["lr"] = 3e-3 * min(1, (step + 1) / 50) * (0.5 + 0.5 * np.cos(np.pi * share)) + 1e-6
        pieces = [sample(frames[rng.integers(len(frames))], side, rng, phase) for _ in range(arguments.batch)]
        pixels, inside, depth = (torch.from_numpy(np.stack(parts)) for parts in zip(*pieces))
        maps = maps_of(network(pixels[:, None].contiguous(memory_format=torch.channels_last)))
        loss = loss_of(maps, inside, depth)
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
        running += float(loss)
        step += 1
        if step % 50 == 0:
            print(f"step {step}  loss {running / 50:.4f}  {time.monotonic() - start:.0f} s", flush=True)
            running = 0.0
            torch.save(network.state_dict(), arguments.out / "weights.pt")
    torch.save(network.state_dict(), arguments.out / "weights.pt")
    network.eval()
    torch.onnx.export(network, torch.zeros(1, 1, 224, 224), arguments.out / "network.onnx", input_names=["frame"],
                      output_names=["maps"], dynamo=False, opset_version=17,
                      dynamic_axes={"frame": {2: "height", 3: "width"}, "maps": {2: "quarter_height", 3: "quarter_width"}})
    (arguments.out / "training.json").write_text(json.dumps({"set": arguments.set, "steps": step, "batch": arguments.batch}))


if __name__ == "__main__":
    main()
