"""Questions a sceptical reviewer asks of a model and of its data."""

import hashlib
import io
import math
from pathlib import Path
from typing import Callable

import numpy as np
import torch
from PIL import Image
from torch.nn import functional

from cytotrain.networks import Network, load_pretrained, Classifier
from cytotrain.prepare import composite_on_white, decode, resize, to_channels
from cytotrain.tasks import Sample


def _reencode(quality: int) -> Callable[[np.ndarray], np.ndarray]:
    def change(pixels: np.ndarray) -> np.ndarray:
        buffer = io.BytesIO()
        Image.fromarray(pixels).save(buffer, "JPEG", quality=quality)
        return np.asarray(Image.open(buffer))

    return change


def _gain(*factors: float) -> Callable[[np.ndarray], np.ndarray]:
    return lambda pixels: _round(pixels * np.array(factors), pixels.dtype)


def _round(values: np.ndarray, kind: np.dtype) -> np.ndarray:
    return np.clip(np.rint(values), 0, np.iinfo(kind).max).astype(kind)


def _blur(radius_px: float) -> Callable[[np.ndarray], np.ndarray]:
    """Gaussian blur, the border repeated."""
    reach = math.ceil(3 * radius_px)
    weights = np.exp(-0.5 * (np.arange(-reach, reach + 1) / radius_px) ** 2)
    weights /= weights.sum()

    def change(pixels: np.ndarray) -> np.ndarray:
        values = np.pad(pixels.astype(np.float64), ((reach, reach), (reach, reach), (0, 0)), "edge")
        for axis in (0, 1):
            values = np.apply_along_axis(np.convolve, axis, values, weights, "valid")
        return _round(values, pixels.dtype)

    return change


def _tilt_light(share: float) -> Callable[[np.ndarray], np.ndarray]:
    """Make the left darker and the right brighter by a share of the mean."""
    return lambda pixels: _round(pixels + pixels.mean() * share * np.linspace(-1, 1, pixels.shape[1])[:, None], pixels.dtype)


def _add_noise(share: float) -> Callable[[np.ndarray], np.ndarray]:
    """Add camera noise of a share of the image's spread."""
    return lambda pixels: _round(
        pixels + np.random.RandomState(1).normal(0, share * pixels.std(), pixels.shape), pixels.dtype
    )


def _magnify(factor: float) -> Callable[[np.ndarray], np.ndarray]:
    """Show the cell larger or smaller in a field of the same size; what lies outside the image is mirrored."""

    def change(pixels: np.ndarray) -> np.ndarray:
        sides = np.array(pixels.shape[:2])
        margins = np.maximum(0, np.rint((sides / factor - sides) / 2)).astype(int)
        padded = np.pad(pixels, (*((margin, margin) for margin in margins), (0, 0)), "reflect")
        top, left = np.maximum(0, np.rint((sides - sides / factor) / 2)).astype(int)
        seen = padded[top:len(padded) - top, left:padded.shape[1] - left]
        size = (int(sides[1]), int(sides[0]))
        planes = [Image.fromarray(plane.astype(np.float32)).resize(size, Image.Resampling.BICUBIC) for plane in seen.transpose(2, 0, 1)]
        return _round(np.stack([np.asarray(plane) for plane in planes], 2), pixels.dtype)

    return change


def _hide_surroundings(pixels: np.ndarray) -> np.ndarray:
    """Paint all but the central disc of two thirds of the shorter side in the image's median colour."""
    y, x = (np.arange(side) - (side - 1) / 2 for side in pixels.shape[:2])
    is_outside = y[:, None] ** 2 + x**2 > (min(pixels.shape[:2]) / 3) ** 2
    changed = pixels.copy()
    changed[is_outside] = np.median(pixels[is_outside], axis=0)
    return changed


Disturbances = dict[str, Callable[[np.ndarray], np.ndarray]]

ANY: Disturbances = {
    "10 % darker": _gain(0.9),
    "10 % brighter": _gain(1.1),
    "cell 10 % smaller": _magnify(0.9),
    "cell 10 % larger": _magnify(1.1),
    "turned by 90°": lambda pixels: np.rot90(pixels),
    "surroundings painted over": _hide_surroundings,
}
COLOUR: Disturbances = {
    "JPEG quality 75": _reencode(75),
    "JPEG quality 50": _reencode(50),
    "JPEG quality 30": _reencode(30),
    "warmer light (red +10 %, blue -10 %)": _gain(1.1, 1.0, 0.9),
    "cooler light (red -10 %, blue +10 %)": _gain(0.9, 1.0, 1.1),
    "blurred, 1.5 px": _blur(1.5),
}
GREY: Disturbances = {
    "blurred, 1 px": _blur(1),
    "noise of a tenth of the spread": _add_noise(0.1),
    "light from the side, ±5 %": _tilt_light(0.05),
}


def spoiled_for(image: np.ndarray) -> Disturbances:
    """What nobody should be given a type for: the wrong magnification, out of focus, hardly any light."""
    side = len(image)
    return {
        "cell three times as large": _magnify(3),
        "cell twice as large": _magnify(2),
        "cell half as large": _magnify(0.5),
        "blurred, 4 % of the side": _blur(0.04 * side),
        "blurred, 8 % of the side": _blur(0.08 * side),
        "a tenth of the light": _gain(0.1),
        "five times the light": _gain(5),
    }


def elsewhere_for(image: np.ndarray) -> Disturbances:
    """As another microscope shows the same cells: other magnifications, focus, light and stain, each so far that one set of them should be told."""
    side = len(image)
    stains: Disturbances = {
        "stained half as strongly": lambda pixels: _round(255 * (pixels / 255) ** 0.5, pixels.dtype),
        "stained redder (blue -25 %, red +10 %)": _gain(1.1, 1.0, 0.75),
        "stained bluer (red -25 %, blue +10 %)": _gain(0.75, 1.0, 1.1),
    }
    return {
        "cell 1.4 times as large": _magnify(1.4),
        "cell 0.7 times as large": _magnify(0.7),
        "blurred, 2 % of the side": _blur(0.02 * side),
        "half the light": _gain(0.5),
        **(stains if image.shape[2] == 3 else {}),
    }


def disturbances_for(image: np.ndarray) -> Disturbances:
    """What may befall images of this kind: H×W×C of one or more channels."""
    return {"unchanged": lambda pixels: pixels, **(GREY if image.shape[2] == 1 else COLOUR), **ANY}


def count_duplicates(samples: list[Sample], correlation: float = 0.95) -> dict:
    """Compare every test and validation image with every training image.

    Args:
        samples: all parts.
        correlation: Pearson correlation of 32×32 grey thumbnails, in any of 8 orientations, that is called near.
    Returns: number of equal files, number of near pairs, the highest correlation and its pair of files.
    """
    parts = {"train": [s for s in samples if s.part == "train"], "held": [s for s in samples if s.part in ("val", "test")]}
    digests = {part: [hashlib.sha256(s.file.read_bytes()).digest() for s in chosen] for part, chosen in parts.items()}
    thumbnails = {part: np.stack([_thumbnail(s.file) for s in chosen]) for part, chosen in parts.items()}
    train = _standardise(thumbnails["train"])
    highest, pair, near = -1.0, ("", ""), 0
    for turns in range(4):
        for is_mirrored in (False, True):
            turned = np.rot90(thumbnails["held"], turns, (1, 2))
            scores = _standardise(turned[:, :, ::-1] if is_mirrored else turned) @ train.T
            near += int((scores >= correlation).sum())
            if scores.max() > highest:
                held_index, train_index = np.unravel_index(scores.argmax(), scores.shape)
                highest = float(scores.max())
                pair = (parts["held"][held_index].file.name, parts["train"][train_index].file.name)
    return {
        "equal_files": len(set(digests["train"]) & set(digests["held"])),
        "near_pairs": near,
        "near_means_correlation_of": correlation,
        "highest_correlation": round(highest, 4),
        "highest_pair": list(pair),
    }


def _thumbnail(file: Path) -> np.ndarray:
    grey = to_channels(composite_on_white(decode(file)), "grey")
    return resize(grey, "bilinear_antialiased", 32, 32).numpy()[0, 0]


def _standardise(thumbnails: np.ndarray) -> np.ndarray:
    flat = thumbnails.reshape(len(thumbnails), -1)
    flat = flat - flat.mean(1, keepdims=True)
    return flat / np.maximum(np.linalg.norm(flat, axis=1, keepdims=True), 1e-9)


def corners_only_accuracy(
    samples: list[Sample], classes: int, network: Network, weights_folder: Path, corner_px: int = 64
) -> dict:
    """How well the four corners alone, where the cell is not, give the class away.

    A logistic regression on the pre-trained network's pooled features of the four corners, laid side by side at
    their own resolution; fitted on the training part, counted on the validation part.

    Returns: accuracy there, and that of guessing.
    """
    backbone = Classifier(network, classes).eval()
    load_pretrained(backbone, network, weights_folder)
    embedded, labels = {}, {}
    for part in ("train", "val"):
        chosen = [sample for sample in samples if sample.part == part]
        labels[part] = torch.tensor([sample.label for sample in chosen])
        pooled = []
        for first in range(0, len(chosen), 64):
            mosaics = np.stack([_corners(decode(s.file), corner_px) for s in chosen[first:first + 64]])
            with torch.no_grad():
                batch = torch.from_numpy(mosaics).permute(0, 3, 1, 2).float() / 127.5 - 1
                pooled.append(backbone.features(batch).mean((2, 3)))
        embedded[part] = torch.cat(pooled)
    mean, std = embedded["train"].mean(0), embedded["train"].std(0) + 1e-6
    torch.manual_seed(1)
    regression = torch.nn.Linear(embedded["train"].shape[1], classes)
    optimiser = torch.optim.AdamW(regression.parameters(), lr=3e-3, weight_decay=0.3)
    for _ in range(300):
        loss = functional.cross_entropy(regression((embedded["train"] - mean) / std), labels["train"])
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
    with torch.no_grad():
        predicted = regression((embedded["val"] - mean) / std).argmax(1)
    accuracy = (predicted == labels["val"]).float().mean().item()
    return {"corner_px": corner_px, "accuracy": round(accuracy, 4), "guessing": round(1 / classes, 4)}


def _corners(image: np.ndarray, side: int) -> np.ndarray:
    top = np.concatenate([image[:side, :side], image[:side, -side:]], 1)
    bottom = np.concatenate([image[-side:, :side], image[-side:, -side:]], 1)
    return np.concatenate([top, bottom], 0)
