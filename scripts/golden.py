"""Write models/<task>/golden/: simulated images with the tensor, features, logits and verdict that Python computes.

    python scripts/golden.py --task blood-smear --samples public/samples/blood-smear/{a,b,c}.png
    python scripts/golden.py --task blood-smear      # the same images once more, after the model has changed

With --samples, the images are copied, the last one as an odd-sized, partly transparent version of itself. Native
code, WASM in Node and WASM in the browser must all reproduce golden.json and the raw little-endian float32 files.
"""

import argparse
from pathlib import Path

import numpy as np
import torch
from PIL import Image

from cytotrain import batch, quality
from cytotrain.model_folder import ExportedModel, format_json
from cytotrain.png import write_png
from cytotrain.prepare import decode, prepare
from cytotrain.tasks import MODELS_FOLDER

JPEG_QUALITY = 85


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--task", required=True, help="name of the model")
    parser.add_argument("--samples", nargs="+", type=Path, default=[], help="images to start from, three at most")
    parser.add_argument("--jpeg", type=Path, help="an image that is kept as a JPEG too")
    arguments = parser.parse_args()
    torch.set_num_threads(1)
    folder = MODELS_FOLDER / arguments.task / "golden"
    folder.mkdir(exist_ok=True)
    if arguments.samples:
        for file in folder.iterdir():
            file.unlink()
        *plain, last = arguments.samples[:3]
        for file in plain:
            (folder / file.name).write_bytes(file.read_bytes())
        (folder / f"{last.stem}_odd_alpha.png").write_bytes(write_png(make_odd(decode(last))))
    if arguments.jpeg:
        Image.open(arguments.jpeg).convert("RGB").save(folder / f"{arguments.jpeg.stem}.jpg", quality=JPEG_QUALITY)
    model = ExportedModel(folder.parent)
    # The smallest first: by it a page tests itself before the first result. A JPEG of a large picture saves most of what that costs.
    cases = [describe(model, file) for file in sorted([*folder.glob("*.png"), *folder.glob("*.jpg")], key=lambda file: (file.stat().st_size, file.name))]
    (folder / "golden.json").write_text(format_json({"cases": cases, "batch": describe_batch(model, cases)}) + "\n")
    for case in cases:
        print(case["image"], case["label"], f"{max(case['probabilities']):.4f}", "(unsure)" if case["unsure"] else "")


def make_odd(image: np.ndarray) -> np.ndarray:
    """Resize to an odd, oblong size and fade the corners out by alpha, so that a wrong crop or blend shows.

    Args:
        image: H×W×C uint8, grey or RGB.
    Returns: (H+59)×(W+13)×4 uint8.
    """
    height, width = image.shape[0] + 59, image.shape[1] + 13
    colour = np.broadcast_to(image[..., :3], (*image.shape[:2], 3)) if image.shape[2] < 3 else image[..., :3]
    resized = np.asarray(Image.fromarray(np.ascontiguousarray(colour)).resize((width, height), Image.Resampling.BICUBIC))
    x, y = np.linspace(-1, 1, width), np.linspace(-1, 1, height)[:, None]
    alpha = np.clip(2.2 - 1.6 * np.hypot(x, y), 0, 1) * 255
    return np.dstack([resized, np.rint(alpha).astype(np.uint8)])


def describe(model: ExportedModel, image_file: Path) -> dict:
    """Compute one case and write its tensors beside the image."""
    tensor = prepare(decode(image_file), model.spec).numpy()
    features = model.features(tensor)
    logits = model.logits(features)
    probabilities = model.probabilities(logits)[0]
    label = int(probabilities.argmax())
    activation_map = model.activation_map(features[0], label)
    measured = quality.measure(decode(image_file), model.spec)
    distance = float(model.novelty(features, measured[None])[0])
    files = {}
    for kind, values in [("tensor", tensor), ("features", features)]:
        file = image_file.with_suffix(f".{kind}.f32")
        file.write_bytes(values.astype("<f4").tobytes())
        files |= {kind: file.name, f"{kind}_shape": list(values.shape)}
    class_id = model.spec["classes"][label]["id"]
    return {
        "image": image_file.name,
        **files,
        "logits": logits[0].tolist(),
        "probabilities": probabilities.tolist(),
        "label": class_id,
        "novelty": distance,
        "foreign": distance > model.spec["novelty"]["threshold"],
        "measures": measured.tolist(),
        "quality": quality.flags(measured, model.spec.get("quality", {})),
        "unsure": bool(probabilities[label] < model.spec["judge"]["abstain_below"]),
        "map": {
            "class": class_id,
            "height": activation_map.shape[0],
            "width": activation_map.shape[1],
            "values": activation_map.ravel().tolist(),
        },
    }


def describe_batch(model: ExportedModel, cases: list[dict]) -> dict:
    """What the cases come to as a set."""
    statistics = model.statistics()
    pooled = np.concatenate([
        np.fromfile(model.folder / "golden" / case["features"], "<f4").reshape(case["features_shape"]).mean((2, 3)) for case in cases
    ])
    features, look = batch.deviations(statistics, pooled, np.array([case["measures"] for case in cases]))
    rules = model.spec["novelty"]["batch"]
    return {
        "shift": batch.shift(features), "limit": batch.limit(rules, len(cases)),
        "look_shift": batch.shift(look), "look_limit": batch.limit(rules["look"], len(cases)),
    }


if __name__ == "__main__":
    main()
