"""Write tests/golden/prepare/: small images, and the tensor that torch makes of each under many preparation rules.

    python scripts/golden_prepare.py

cases.json lists for every case the image and the rules in the words of models/spec.schema.json, and the expected
tensor as a raw little-endian float32 file. C++ must reproduce every number.

frame_cases.json does so for the cells of a frame: boxes, the spec's `frame`, the frame's µm per px, and the tensors of
all boxes one after the other, each cut as prepare_data.py cuts the training images.
"""

import argparse
from pathlib import Path

import numpy as np

from cytotrain.model_folder import format_json
from cytotrain.png import write_png
from cytotrain.prepare import prepare
from prepare_data import cut

GOLDEN_FOLDER = Path(__file__).resolve().parents[1] / "tests" / "golden" / "prepare"

# Width, height, channels (grey, grey+alpha, RGB, RGBA) and bits a sample.
IMAGES = {
    "grey_37x53": (37, 53, 1, 8),
    "grey_alpha_64x48": (64, 48, 2, 8),
    "rgb_1x1": (1, 1, 3, 8),
    "rgb_5x300": (5, 300, 3, 8),
    "rgb_33x17": (33, 17, 3, 8),
    "rgb_641x479": (641, 479, 3, 8),
    "rgba_129x127": (129, 127, 4, 8),
    "grey16_50x41": (50, 41, 1, 16),
    "grey_alpha16_21x34": (21, 34, 2, 16),
    "rgb16_67x45": (67, 45, 3, 16),
    "rgba16_31x29": (31, 29, 4, 16),
    # As a camera of 12 bits writes it.
    "dim16_40x30": (40, 30, 1, 12),
}

# A nucleus of two lobes off the middle, one near a border: width, height, bits, and x, y and radius of each lobe.
STAINED_IMAGES = {
    "stained_121x90": (121, 90, 8, [(66, 40, 13), (84, 52, 11)]),
    "stained16_60x80": (60, 80, 16, [(14, 48, 11), (24, 30, 9)]),
}

# Channels of the tensor and how they are normalised.
SCALED = ("rgb", {"rule": "mean_std", "mean": [127.5, 127.5, 127.5], "std": [127.5, 127.5, 127.5]})
IMAGENET = ("rgb", {"rule": "mean_std", "mean": [123.675, 116.28, 103.53], "std": [58.395, 57.12, 57.375]})
GREY = ("grey", {"rule": "mean_std", "mean": [128.0], "std": [64.0]})


def corners(channels: str, corner_px: int, least_spread: float) -> tuple[str, dict]:
    return channels, {"rule": "corner_median_spread", "corner_px": corner_px, "least_spread": least_spread}


STAINED = {"rule": "stained_cell", "radii": 1.75}
RESTAINED = {"range": "stained_cell", "nucleus": [90, 45, 120]}

SMOOTH, PLAIN = "bilinear_antialiased", "bilinear_half_pixel"

INSIDE = ("grey", {"rule": "inside_mean_spread", "inside_above": 90, "least_spread": 1.0})

# Image, side of the central square (None: no crop; a rule as it is), resize rule, width and height of the tensor, normalisation, range where the spec has one.
CASES = [
    ("grey_37x53", None, SMOOTH, (16, 16), SCALED),
    ("grey_37x53", None, PLAIN, (33, 17), GREY),
    ("grey_37x53", 20, SMOOTH, (48, 40), GREY),
    ("grey_alpha_64x48", None, SMOOTH, (33, 17), GREY),
    ("grey_alpha_64x48", 31, PLAIN, (16, 16), SCALED),
    ("rgb_1x1", None, SMOOTH, (16, 16), SCALED),
    ("rgb_1x1", 288, PLAIN, (9, 8), GREY),
    ("rgb_5x300", None, SMOOTH, (33, 17), IMAGENET),
    ("rgb_5x300", None, PLAIN, (33, 17), IMAGENET),
    ("rgb_33x17", None, SMOOTH, (33, 17), SCALED),
    ("rgb_33x17", None, PLAIN, (33, 17), IMAGENET),
    ("rgb_641x479", None, SMOOTH, (128, 128), SCALED),
    ("rgb_641x479", 288, PLAIN, (33, 33), IMAGENET),
    ("rgb_641x479", 288, SMOOTH, (31, 31), SCALED),
    ("rgb_641x479", 1000, SMOOTH, (33, 17), GREY),
    ("rgba_129x127", None, SMOOTH, (16, 16), SCALED),
    ("rgba_129x127", 100, PLAIN, (33, 17), IMAGENET),
    ("rgba_129x127", 101, SMOOTH, (100, 102), GREY),
    ("grey16_50x41", None, SMOOTH, (16, 16), SCALED),
    ("grey16_50x41", 40, PLAIN, (33, 17), GREY),
    ("grey_alpha16_21x34", None, SMOOTH, (17, 33), GREY),
    ("rgb16_67x45", None, SMOOTH, (33, 17), IMAGENET),
    ("rgb16_67x45", 44, PLAIN, (16, 16), GREY),
    ("rgba16_31x29", None, SMOOTH, (16, 16), SCALED),
    ("rgba16_31x29", None, PLAIN, (40, 37), IMAGENET),
    ("grey_37x53", None, SMOOTH, (16, 16), corners("grey", 8, 1.0)),
    ("grey_37x53", 20, PLAIN, (33, 17), corners("rgb", 3, 2.0)),
    ("rgb_1x1", None, SMOOTH, (16, 16), corners("rgb", 4, 0.5)),
    ("rgb_641x479", None, SMOOTH, (31, 45), corners("rgb", 7, 1.0)),
    ("rgb_33x17", None, PLAIN, (33, 17), corners("rgb", 1, 200.0)),
    ("grey16_50x41", 40, SMOOTH, (17, 33), corners("grey", 2, 1.0)),
    ("grey16_50x41", None, SMOOTH, (16, 16), SCALED, "frame_percentiles"),
    ("rgb16_67x45", 44, PLAIN, (33, 17), IMAGENET, "frame_percentiles"),
    ("rgba16_31x29", None, SMOOTH, (40, 37), GREY, "frame_percentiles"),
    ("dim16_40x30", 20, SMOOTH, (33, 17), GREY, "frame_percentiles"),
    ("rgb_33x17", None, SMOOTH, (33, 17), SCALED, "frame_percentiles"),
    ("grey_37x53", None, SMOOTH, (16, 16), INSIDE),
    ("rgb_33x17", 17, PLAIN, (33, 17), ("rgb", INSIDE[1] | {"inside_above": 128.3})),
    ("stained_121x90", STAINED, SMOOTH, (32, 32), SCALED, RESTAINED),
    ("stained16_60x80", STAINED, SMOOTH, (32, 24), SCALED, RESTAINED),
    ("rgb_1x1", STAINED, SMOOTH, (16, 16), SCALED, RESTAINED),
    ("grey_37x53", STAINED, SMOOTH, (16, 16), SCALED, RESTAINED),
    ("rgba_129x127", STAINED, PLAIN, (16, 16), IMAGENET),
]

# Cells of a frame: image, the spec's `frame` and its crop's side, µm per px of the image (None: not known), preparation as above.
WIDE_BOXES = [(300, 200, 21, 20), (0, 0, 7, 9), (630, 470, 11, 9), (17, 5, 30, 50), (600, 0, 41, 31)]
SMALL_BOXES = [(10, 20, 8, 9), (0, 0, 1, 1), (36, 52, 1, 1), (0, 0, 37, 53)]
DEEP_BOXES = [(20, 20, 8, 9), (49, 40, 1, 1)]
# A star whose lines cross, and a sliver that leaves the frame; corners off the pixels' middles.
OUTLINES = [[(310.3, 190.2), (320.1, 228.4), (296.2, 203.7), (324.8, 204.1), (300.6, 227.9)], [(-3.4, 2.2), (9.7, -1.2), (6.1, 11.8)]]
FRAME_CASES = [
    ("rgb_641x479", (48, None), 48, None, SMOOTH, (24, 24), corners("grey", 3, 1.0), WIDE_BOXES),
    ("rgb_641x479", (96, 1.25), 96, 1.25, SMOOTH, (24, 24), IMAGENET, WIDE_BOXES),
    ("rgb_641x479", (49, 1.25), 31, 1.25, PLAIN, (17, 16), SCALED, WIDE_BOXES),
    ("rgb_641x479", (48, 1.0), None, 0.65, SMOOTH, (16, 16), GREY, WIDE_BOXES),
    ("rgb_641x479", (48, 0.5), 33, 1.3, SMOOTH, (16, 16), GREY, WIDE_BOXES),
    ("grey_37x53", (61, None), 60, 0.5, SMOOTH, (16, 16), corners("grey", 2, 1.0), SMALL_BOXES),
    ("grey16_50x41", (24, 1.0), 24, None, SMOOTH, (16, 16), corners("grey", 2, 1.0), DEEP_BOXES),
    ("rgb_641x479", (48, None), 48, None, SMOOTH, (24, 24), ("grey", INSIDE[1] | {"inside_above": 24}), WIDE_BOXES[:2], OUTLINES),
]


def main() -> None:
    argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter).parse_args()
    GOLDEN_FOLDER.mkdir(parents=True, exist_ok=True)
    images = draw_all()
    for name, image in images.items():
        (GOLDEN_FOLDER / f"{name}.png").write_bytes(write_png(image))
    cases = describe_cases()
    for case in cases:
        tensor = prepare(images[Path(case["image"]).stem], case).numpy()
        (GOLDEN_FOLDER / case["tensor"]).write_bytes(tensor.astype("<f4").tobytes())
    (GOLDEN_FOLDER / "cases.json").write_text(format_json({"cases": cases}) + "\n")
    frame_cases = [write_frame_case(number, *case, pixels=images[case[0]]) for number, case in enumerate(FRAME_CASES)]
    (GOLDEN_FOLDER / "frame_cases.json").write_text(format_json({"cases": frame_cases}) + "\n")
    size = sum(file.stat().st_size for file in GOLDEN_FOLDER.iterdir())
    print(f"{len(cases)} cases, {len(images)} images, {size:,} bytes in {GOLDEN_FOLDER}")


def draw_all() -> dict[str, np.ndarray]:
    """Every image by its name."""
    images = {name: draw(*shape, seed) for seed, (name, shape) in enumerate(IMAGES.items())}
    return images | {name: draw_stained(*shape) for name, shape in STAINED_IMAGES.items()}


def describe_cases() -> list[dict]:
    """List the cases in the words of the model specification."""
    cases = []
    for number, (image, side, rule, (width, height), (channels, normalisation), *ranges) in enumerate(CASES):
        cases.append({
            "name": f"{number:02d}_{image}_{rule}",
            "image": f"{image}.png",
            "input": {"width_px": width, "height_px": height, "channels": channels} | merged(ranges),
            "crop": side if isinstance(side, dict) else {"rule": "centre_square", "side_px": side} if side else {"rule": "none"},
            "resize": {"rule": rule},
            "normalisation": normalisation,
            "tensor": f"{number:02d}_{image}.f32",
            "tensor_shape": [1, 3 if channels == "rgb" else 1, height, width],
        })
    return cases


def is_inside(outline: np.ndarray, side_px: int) -> np.ndarray:
    """Which pixels of a square have their middles inside a polygon of N×2 px, by the even-odd rule. Returns: side×side bool."""
    y, x = np.mgrid[:side_px, :side_px] + 0.5
    inside = np.zeros((side_px, side_px), bool)
    for (from_x, from_y), (to_x, to_y) in zip(outline.astype(float), np.roll(outline.astype(float), -1, 0)):
        crosses = (from_y <= y) != (to_y <= y)
        with np.errstate(divide="ignore", invalid="ignore"):
            inside ^= crosses & (from_x + (y - from_y) / (to_y - from_y) * (to_x - from_x) <= x)
    return inside


def merged(ranges: list) -> dict:
    """Fields of `input` of a range by its name, or as they are."""
    return {} if not ranges else ranges[0] if isinstance(ranges[0], dict) else {"range": ranges[0]}


def write_frame_case(number, image, frame, crop_side, pixel_size_um, rule, size, preparation, boxes, *outlines, pixels) -> dict:
    """Write the tensors of a frame's cells and describe the case.

    Args:
        pixels: H×W×C of the image.
    """
    (width, height), (channels, normalisation), (side_px, trained_um) = size, preparation, frame
    scale = trained_um / pixel_size_um if trained_um and pixel_size_um else 1
    side = int(side_px * scale + 0.5)
    case = {
        "name": f"{number:02d}_{image}",
        "image": f"{image}.png",
        "frame": {"side_px": side_px, "pixel_size_um": trained_um} | ({"surroundings": "black"} if outlines else {}),
        "pixel_size_um": pixel_size_um,
        "boxes": [list(box) for box in boxes],
        **({"outlines": [[list(point) for point in outline] for outline in outlines[0]]} if outlines else {}),
        "input": {"width_px": width, "height_px": height, "channels": channels},
        "crop": {"rule": "centre_square", "side_px": crop_side} if crop_side else {"rule": "none"},
        "resize": {"rule": rule},
        "normalisation": normalisation,
        "tensors": f"cells_{number:02d}_{image}.f32",
    }
    scaled_crop = case["crop"] | ({"side_px": int(crop_side * scale + 0.5)} if crop_side else {})
    tensors = []
    for index, (left, top, box_width, box_height) in enumerate(boxes):
        x, y = (left + left + box_width) // 2, (top + top + box_height) // 2
        crop = np.concatenate([cut(pixels[..., channel], x, y, side) for channel in range(pixels.shape[2])], 2)
        if outlines:
            corner = np.array([x - side // 2, y - side // 2], np.float32)
            crop = crop * is_inside(np.array(outlines[0][index], np.float32) - corner, side)[..., None]
        tensors.append(prepare(crop, case | {"crop": scaled_crop}).numpy())
    (GOLDEN_FOLDER / case["tensors"]).write_bytes(np.concatenate(tensors).astype("<f4").tobytes())
    return case


def draw(width: int, height: int, channels: int, bits: int, seed: int) -> np.ndarray:
    """Draw waves that differ by channel, with noise and hard edges in the upper left third; alpha takes all values.

    Returns: H×W×C, uint8 or uint16.
    """
    x, y = np.arange(width) / max(width - 1, 1), np.arange(height)[:, None] / max(height - 1, 1)
    waves = np.stack([
        0.5 + 0.5 * np.sin((3 + channel) * x + (5 - channel) * y + 1.7 * channel + seed) for channel in range(channels)
    ], axis=2)
    # RandomState's numbers are frozen for ever, unlike those of the newer generators.
    random = np.random.RandomState(seed)
    noisy = waves[: height // 3 + 1, : width // 3 + 1]
    noisy += random.uniform(-0.4, 0.4, noisy.shape)
    noisy[::3, ::4] = random.randint(0, 2, noisy[::3, ::4].shape)
    largest = 2**bits - 1
    return np.rint(np.clip(waves, 0, 1) * largest).astype(np.uint8 if bits == 8 else np.uint16)


def draw_stained(width: int, height: int, bits: int, lobes: list[tuple[int, int, int]]) -> np.ndarray:
    """Draw a violet nucleus in a pale body between red cells, on a yellowish ground, with some noise. Returns: H×W×3."""
    x, y = np.arange(width), np.arange(height)[:, None]
    image = np.empty((height, width, 3))
    image[:] = (250, 232, 190)
    for at_x, at_y in ((0, 0), (width - 9, 12), (12, height - 6), (width // 2, height)):
        image[(x - at_x) ** 2 + (y - at_y) ** 2 <= 81] = (215, 150, 130)
    for at_x, at_y, radius in lobes:
        image[(x - at_x) ** 2 + (y - at_y) ** 2 <= (1.6 * radius) ** 2] = (226, 190, 196)
    for at_x, at_y, radius in lobes:
        image[(x - at_x) ** 2 + (y - at_y) ** 2 <= radius**2] = (120, 60, 110)
    image += np.random.RandomState(7).uniform(-6, 6, image.shape)
    largest = 2**bits - 1
    return np.rint(np.clip(image, 0, 255) / 255 * largest).astype(np.uint8 if bits == 8 else np.uint16)


if __name__ == "__main__":
    main()
