"""Write tests/golden/detect/: part of a simulated frame, what the network that finds cells reads and says of it, and the cells.

    python scripts/golden_detect.py

frame.png is cut out of a drawn field. input.f32 is what cytotrain/detector.py makes of it, maps.f32 what ONNX Runtime says of that, both
raw little-endian float32, and cells.json the settings, sizes, and the boxes (left, top, width, height in whole px of the frame) and
scores that Python reads from these maps, in the order of their scores. C++ must make the same input and read the same boxes.
"""

import json
from pathlib import Path

import numpy as np
from PIL import Image

from cytotrain.detector import Rule, boxes_of, has_size, network_input
from cytotrain.detector_folder import opened
from cytotrain.model_folder import format_json
from cytotrain.png import write_png

ROOT = Path(__file__).resolve().parents[1]
FOLDER = ROOT / "tests" / "golden" / "detect"
FIELD = ROOT / "public" / "samples" / "viability" / "fields" / "simulated-field-1.png"
PART = (150, 100, 313, 221)  # left, top, right, bottom: sides that are no multiples of a block
LEAST_PX, MOST_PX = 12.0, 40.0


def main() -> None:
    detector = ROOT / "models" / "round"
    spec = json.loads((detector / "spec.json").read_text())
    rule = Rule(spec["cell_diameter_px"], spec["normalisation"]["gain"], spec["normalisation"]["most"], spec["threshold"], spec["overlap"])
    FOLDER.mkdir(parents=True, exist_ok=True)
    frame = np.asarray(Image.open(FIELD).convert("L").crop(PART))
    (FOLDER / "frame.png").write_bytes(write_png(frame[..., None]))
    pixels, scaled = network_input(frame, LEAST_PX, MOST_PX, rule)
    maps = opened((detector / "network.onnx").read_bytes())(pixels)
    pixels.numpy().astype("<f4").tofile(FOLDER / "input.f32")
    maps.astype("<f4").tofile(FOLDER / "maps.f32")
    boxes, scores = boxes_of(maps[0], scaled, frame.shape[::-1], rule)
    wanted = has_size(boxes, LEAST_PX, MOST_PX)
    corners = np.floor(boxes[wanted] + 0.5).astype(int)
    cells = [{"box": [*map(int, box[:2]), *map(int, box[2:] - box[:2])], "score": float(score)} for box, score in zip(corners, scores[wanted])]
    (FOLDER / "cells.json").write_text(format_json({
        "least_px": LEAST_PX, "most_px": MOST_PX, "scaled": list(scaled), "cell_diameter_px": rule.cell_diameter_px,
        "normalisation": {"rule": "median_spread", "gain": rule.gain, "most": rule.most}, "threshold": rule.threshold, "overlap": rule.overlap, "cells": cells,
    }) + "\n")
    print(f"{len(cells)} cells")


if __name__ == "__main__":
    main()
