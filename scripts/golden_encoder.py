"""Write tests/golden/encoder/: what Python measures of the pictures of tests/golden/prepare, and features of a few by models/cell-encoder.

    python scripts/golden_encoder.py

measured.json lists the measurements' names and, for every picture, what is measured; cases.json the pictures with features,
and the turns of each, as a raw little-endian float32 file turns × features. C++ must reproduce every number.
"""

import argparse
from pathlib import Path

import numpy as np

import golden_prepare
from cytotrain.encoder import Encoder, measured
from cytotrain.measurements import NAMES
from cytotrain.model_folder import format_json
from cytotrain.prepare import decode, prepare
from cytotrain.tasks import MODELS_FOLDER

GOLDEN_FOLDER = Path(__file__).resolve().parents[1] / "tests" / "golden" / "encoder"
IMAGES = golden_prepare.GOLDEN_FOLDER
# With features: the picture, and how many of its turns.
CASES = (("stained_121x90", 8), ("grey_37x53", 1), ("rgb_33x17", 1), ("rgb_1x1", 1))


def main() -> None:
    argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter).parse_args()
    GOLDEN_FOLDER.mkdir(parents=True, exist_ok=True)
    encoder = Encoder(MODELS_FOLDER / "cell-encoder")
    (GOLDEN_FOLDER / "measured.json").write_text(format_json({"names": list(NAMES), "pictures": [measurements_of(file, encoder.spec) for file in pictures()]}) + "\n")
    cases = []
    for name, turns in CASES:
        features = encoder.features(decode(IMAGES / f"{name}.png"))[:turns]
        (GOLDEN_FOLDER / f"{name}.f32").write_bytes(features.astype("<f4").tobytes())
        cases.append({"image": f"{name}.png", "turns": turns, "features": f"{name}.f32", "shape": list(features.shape)})
    (GOLDEN_FOLDER / "cases.json").write_text(format_json({"cases": cases}) + "\n")
    print(f"{len(pictures())} pictures measured, {len(cases)} with features in {GOLDEN_FOLDER}")


ON_THE_EDGE = {"rgb_5x300"}
"""Of which a threshold lies between two levels by a rounding that torch and C++ do differently."""


def pictures() -> list[Path]:
    """Those that Pillow reads with all their bits."""
    return [IMAGES / f"{name}.png" for name, (_, _, channels, bits) in sorted(golden_prepare.IMAGES.items()) if (bits == 8 or channels == 1) and name not in ON_THE_EDGE] + [IMAGES / "stained_121x90.png"]


def measurements_of(file: Path, spec: dict) -> dict:
    return {"image": file.name, "measurements": [float(np.round(value, 9)) for value in measured(prepare(decode(file), spec))]}


if __name__ == "__main__":
    main()
