"""From an image file to the network's input tensor: the rule that C++ must reproduce, and its oracle."""

from pathlib import Path

import numpy as np
import torch
from PIL import Image, ImageOps

from cytotrain.stained_cell import cut_stained, find_stained_cell, restain

REC_601_LUMA = (0.299, 0.587, 0.114)


def decode(file: Path) -> np.ndarray:
    """Decode an image file with Pillow, which reads 16 bits a sample for grey images only.

    Returns: H×W×C, C of 1 to 4 (grey, grey+alpha, RGB, RGBA), uint8 or, for 16-bit grey, uint16; upright by EXIF.
    Raises: OSError when it is no readable image.
    """
    with Image.open(file) as stored:
        image = ImageOps.exif_transpose(stored)
        is_16_bit = image.mode == "I;16" or image.mode == "I" and stored.format == "PNG"
        if not is_16_bit and image.mode not in ("L", "LA", "RGB", "RGBA"):
            image = image.convert("RGBA" if "transparency" in image.info else "RGB")
        pixels = np.asarray(image, np.uint16 if is_16_bit else np.uint8)
    return pixels.reshape(*pixels.shape[:2], -1)


def composite_on_white(image: np.ndarray) -> np.ndarray:
    """Drop the alpha channel, if there is one, by laying the image on white, rounding half up.

    Args:
        image: H×W×C, uint8 or uint16.
    Returns: H×W×1 or H×W×3 of the same type.
    """
    channels = image.shape[2]
    if channels in (1, 3):
        return image
    white = np.uint64(np.iinfo(image.dtype).max)
    colour, alpha = image[..., :-1].astype(np.uint64), image[..., -1:].astype(np.uint64)
    return ((colour * alpha + white * (white - alpha) + white // 2) // white).astype(image.dtype)


def crop(image: np.ndarray, rule: dict) -> np.ndarray:
    """Cut out what a spec's `crop` asks for; see models/spec.schema.json."""
    if rule["rule"] == "none":
        return image
    if rule["rule"] == "stained_cell":
        return cut_stained(image, find_stained_cell(to_channels(image, "rgb")), rule["radii"])
    height, width = image.shape[:2]
    side = min(rule["side_px"], width, height)
    top, left = (height - side) // 2, (width - side) // 2
    return image[top:top + side, left:left + side]


def to_channels(image: np.ndarray, channels: str) -> torch.Tensor:
    """Bring samples to the 0..255 scale in float32 and to the channels the network takes.

    Args:
        image: H×W×1 or H×W×3, uint8 or uint16.
        channels: "rgb" or "grey"; see models/spec.schema.json.
    Returns: 1×C×H×W float32.
    """
    samples = image.astype(np.float32)
    if image.dtype == np.uint16:
        samples /= np.float32(257)
    planes = torch.from_numpy(samples).permute(2, 0, 1)
    if channels == "rgb":
        planes = planes.expand(3, -1, -1)
    elif len(planes) == 3:
        red, green, blue = REC_601_LUMA
        planes = (red * planes[0] + green * planes[1] + blue * planes[2])[None]
    return planes[None].contiguous()


def resize(planes: torch.Tensor, rule: str, height_px: int, width_px: int) -> torch.Tensor:
    """Resize N×C×H×W float32 by a spec's `resize` rule; see models/spec.schema.json."""
    antialias = {"bilinear_antialiased": True, "bilinear_half_pixel": False}[rule]
    return torch.nn.functional.interpolate(
        planes, (height_px, width_px), mode="bilinear", antialias=antialias, align_corners=False
    )


def frame_range(image: np.ndarray) -> tuple[np.float32, np.float32]:
    """Find the samples that become black and white by the rule `frame_percentiles`; see models/spec.schema.json.

    Args:
        image: the whole frame, H×W×1 or H×W×3, uint8 or uint16.
    Returns: low and high on the 0..255 scale; 0 and 255 where the frame stays as it is.
    """
    if image.dtype == np.uint8:
        return np.float32(0), np.float32(255)
    rank = (image.size - 1) // 1000
    ordered = np.partition(image.ravel(), [rank, image.size - 1 - rank])
    low, high = (np.float32(ordered[at]) / np.float32(257) for at in (rank, image.size - 1 - rank))
    return (low, high) if high > low else (np.float32(0), np.float32(255))


def stretch(planes: torch.Tensor, low: np.float32, high: np.float32) -> torch.Tensor:
    """Bring `low` to 0 and `high` to 255, and clamp; in float32."""
    if (low, high) == (0, 255):
        return planes
    return ((planes - float(low)) * float(np.float32(255) / (high - low))).clamp(0, 255)


def normalise(planes: torch.Tensor, rule: dict) -> torch.Tensor:
    """Apply a spec's `normalisation` to N×C×H×W float32 on the 0..255 scale; see models/spec.schema.json."""
    if rule["rule"] == "corner_median_spread":
        middle, spread = corner_median_spread(planes, rule["corner_px"])
        return (planes - middle) / spread.clamp(min=rule["least_spread"])
    if rule["rule"] == "inside_mean_spread":
        inside = planes > rule["inside_above"]
        count = inside.flatten(2).sum(2).clamp(min=1)[..., None, None]
        values = torch.where(inside, planes, torch.zeros(())).double()
        middle = values.sum((2, 3), keepdim=True) / count
        squares = torch.where(inside, (values - middle) ** 2, torch.zeros((), dtype=torch.float64))
        spread = (squares.sum((2, 3), keepdim=True) / count).sqrt().float().clamp(min=rule["least_spread"])
        return torch.where(inside, (planes - middle.float()) / spread, torch.zeros(()))
    mean, std = (torch.tensor(rule[key], dtype=torch.float32).view(1, -1, 1, 1) for key in ("mean", "std"))
    return (planes - mean) / std


def corner_median_spread(planes: torch.Tensor, corner_px: int) -> tuple[torch.Tensor, torch.Tensor]:
    """Median of the corner squares of each plane, which are background, and the plane's spread: both N×C×1×1 float32."""
    rows = torch.cat([planes[:, :, :corner_px], planes[:, :, -corner_px:]], 2)
    corners = torch.cat([rows[..., :corner_px], rows[..., -corner_px:]], 3).flatten(2).double().sort(2).values
    # 4 · side² values, an even number: torch's own median would take the lower of the middle two.
    upper = corners.shape[2] // 2
    middle = (corners[..., upper - 1] + corners[..., upper]) / 2
    spread = planes.flatten(2).double().std(2, unbiased=False)
    return middle.float()[..., None, None], spread.float()[..., None, None]


def is_grey(planes: torch.Tensor, rule: dict) -> bool:
    return float((planes.amax(1) - planes.amin(1)).mean(dtype=torch.float64)) < rule["tint"]


def grey_contrast(planes: torch.Tensor, rule: dict, has_eight_bits: bool) -> torch.Tensor:
    """Apply the rule grey_contrast to 1×3×H×W float32 on the 0..255 scale: a picture of colours stays as it is."""
    if not is_grey(planes, rule):
        return planes
    contrast = rule["eight_bit" if has_eight_bits else "deeper"]
    middle, spread = corner_median_spread(planes, min(planes.shape[2:]) // rule["corner_share"])
    return ((planes - middle) / spread.clamp(min=contrast["least_spread"]) * contrast["gain"] + rule["middle"]).clamp(0, 255)


def prepare(image: np.ndarray, spec: dict) -> torch.Tensor:
    """Turn a decoded image into the network's input.

    Args:
        image: as `decode` returns it.
        spec: a model's spec; `input`, `crop`, `resize` and `normalisation` are used.
    Returns: 1×C×H×W float32.
    """
    opaque = composite_on_white(image)
    cropped = crop(opaque, spec["crop"])
    planes = to_channels(cropped, spec["input"]["channels"])
    resized = resize(planes, spec["resize"]["rule"], spec["input"]["height_px"], spec["input"]["width_px"])
    if spec["normalisation"]["rule"] == "grey_contrast":
        return grey_contrast(resized, spec["normalisation"], image.dtype == np.uint8)
    return normalise(ranged(resized, opaque, spec["input"]), spec["normalisation"])


def ranged(resized: torch.Tensor, opaque: np.ndarray, rules: dict) -> torch.Tensor:
    """Apply a spec's `input.range` to 1×C×H×W float32 on the 0..255 scale, resized from part of an opaque image."""
    rule = rules.get("range", "as_stored")
    if rule == "frame_percentiles":
        return stretch(resized, *frame_range(opaque))
    if rule == "stained_cell":
        return restain(resized, find_stained_cell(to_channels(opaque, "rgb")), rules["nucleus"])
    return resized
