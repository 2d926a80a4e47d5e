"""Write tests/golden/prepare/: small images, and the tensor that torch makes of each under many preparation rules.

    python scripts/golden_prepare.py

cases.json lists for every case the image and the rules in the words of models/spec.schema.json, and the expected
tensor as a raw little-endian float32 file. C++ must reproduce every number.
"""

import argparse
from pathlib import Path

import numpy as np

from cytotrain.model_folder import format_json
from cytotrain.png import write_png
from cytotrain.prepare import prepare

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

# Channels of the tensor and how they are normalised.
SCALED = ("rgb", {"rule": "mean_std", "mean": [127.5, 127.5, 127.5], "std": [127.5, 127.5, 127.5]})
IMAGENET = ("rgb", {"rule": "mean_std", "mean": [123.675, 116.28, 103.53], "std": [58.395, 57.12, 57.375]})
GREY = ("grey", {"rule": "mean_std", "mean": [128.0], "std": [64.0]})


def corners(channels: str, corner_px: int, least_spread: float) -> tuple[str, dict]:
    return channels, {"rule": "corner_median_spread", "corner_px": corner_px, "least_spread": least_spread}


SMOOTH, PLAIN = "bilinear_antialiased", "bilinear_half_pixel"

# Image, side of the central square (None: no crop), resize rule, width and height of the tensor, normalisation, range where the spec has one.
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
]


def main() -> None:
    argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter).parse_args()
    GOLDEN_FOLDER.mkdir(parents=True, exist_ok=True)
    images = {name: draw(*shape, seed) for seed, (name, shape) in enumerate(IMAGES.items())}
    for name, image in images.items():
        (GOLDEN_FOLDER / f"{name}.png").write_bytes(write_png(image))
    cases = describe_cases()
    for case in cases:
        tensor = prepare(images[Path(case["image"]).stem], case).numpy()
        (GOLDEN_FOLDER / case["tensor"]).write_bytes(tensor.astype("<f4").tobytes())
    (GOLDEN_FOLDER / "cases.json").write_text(format_json({"cases": cases}) + "\n")
    size = sum(file.stat().st_size for file in GOLDEN_FOLDER.iterdir())
    print(f"{len(cases)} cases, {len(images)} images, {size:,} bytes in {GOLDEN_FOLDER}")


def describe_cases() -> list[dict]:
    """List the cases in the words of the model specification."""
    cases = []
    for number, (image, side, rule, (width, height), (channels, normalisation), *ranges) in enumerate(CASES):
        cases.append({
            "name": f"{number:02d}_{image}_{rule}",
            "image": f"{image}.png",
            "input": {"width_px": width, "height_px": height, "channels": channels} | {"range": name for name in ranges},
            "crop": {"rule": "centre_square", "side_px": side} if side else {"rule": "none"},
            "resize": {"rule": rule},
            "normalisation": normalisation,
            "tensor": f"{number:02d}_{image}.f32",
            "tensor_shape": [1, 3 if channels == "rgb" else 1, height, width],
        })
    return cases


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


if __name__ == "__main__":
    main()
