"""Writes tests/golden/decode: small drawn image files and what Pillow makes of them.

The files hold drawn gradients and discs, no photograph. Pixels are compared exactly.

Usage: python scripts/golden_decode.py   (needs numpy and Pillow)
"""

import json
from pathlib import Path

import numpy as np
from PIL import Image, ImageOps

OUT = Path(__file__).resolve().parent.parent / "tests" / "golden" / "decode"


def draw(width_px, height_px):
    """Draws a smooth, asymmetric colour picture: H × W × 3 uint8."""
    y, x = np.mgrid[0:height_px, 0:width_px].astype(np.float64)
    disc = np.hypot(x - 0.35 * width_px, y - 0.6 * height_px) < 0.25 * min(width_px, height_px)
    planes = [235 - 60 * x / width_px, 200 - 90 * y / height_px, 190 + 50 * (x + y) / (width_px + height_px)]
    cell = [110, 60, 150]
    return np.stack([np.where(disc, c, p) for p, c in zip(planes, cell)], axis=2).astype(np.uint8)


def main():
    OUT.mkdir(parents=True, exist_ok=True)
    picture = Image.fromarray(draw(37, 53))
    cases = []

    def add(name, image, **options):
        image.save(OUT / name, **options)
        upright = ImageOps.exif_transpose(Image.open(OUT / name)).convert("L" if image.mode == "L" else "RGB")
        expected = name.replace(".", "-") + ".u8"
        (OUT / expected).write_bytes(np.asarray(upright).tobytes())
        cases.append({"file": name, "expected": expected, "width_px": upright.width, "height_px": upright.height,
                      "channels": 1 if image.mode == "L" else 3})

    for orientation in range(1, 9):
        exif = Image.Exif()
        exif[0x0112] = orientation
        add(f"orientation-{orientation}.jpg", picture, quality=92, subsampling=0, exif=exif)
    exif = Image.Exif()
    exif[0x0112] = 6
    add("orientation-6.png", picture, exif=exif)
    add("subsampled-progressive.jpg", picture, quality=90, subsampling=2, progressive=True)
    add("grey.jpg", picture.convert("L"), quality=90)
    add("grey.png", picture.convert("L"))
    add("colour.bmp", picture)
    add("palette.png", picture.quantize(16))
    picture.convert("CMYK").save(OUT / "cmyk.jpg", quality=90)
    (OUT / "cases.json").write_text(json.dumps({"cases": cases}, indent=1) + "\n")


if __name__ == "__main__":
    main()
