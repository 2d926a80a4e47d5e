"""Write models/cell-encoder/: two networks that also give their middle layers, and spec.json.

    python scripts/build_encoder.py --weights ../shared/weights

`imagenet.onnx` is MobileNetV2 ×0.35 as it was trained on ImageNet, `blood-smear.onnx` that of models/blood-smear. Nothing is trained.
What was measured of an encoder with the same networks stays in its spec (scripts/measure_encoder.py).
"""

import argparse
import json
from pathlib import Path

import numpy as np
import onnx
import torch

from cytotrain.encoder import MIDDLE_BLOCKS, TAUGHT_TURNS, mapped
from cytotrain.measurements import NAMES, SIDE_PX
from cytotrain.model_folder import format_json, sha256
from cytotrain.networks import NETWORKS, Classifier, load_pretrained
from cytotrain.tasks import MODELS_FOLDER
from export_onnx import export_features, store_halves

TITLES = {
    "imagenet": ("MobileNetV2 ×0.35, as trained on ImageNet", "MIT; Teachable Machine's backbone, from npm sos-image-classification"),
    "own": ("MobileNetV2 ×0.35 by scripts/train_encoder.py", "as the images that it learned from"),
    "blood-smear": ("MobileNetV2 ×0.35 of models/blood-smear", "Apache-2.0, as models/blood-smear; trained on images under CC BY 4.0"),
}
ABOUT = {
    "kind": "encoder",
    "name": "cell-encoder",
    "version": "1.2.0",
    "title": "Features for new types of cells",
    "purpose": "Turns a picture of one cell into numbers, from which a few images of each type are enough to learn new types.",
}
LAST = 1280  # features of the last layer, at the end

# No spread is above 127.5: the contrast of a picture of 8 bits stays as it is.
NORMALISATION = {
    "rule": "grey_contrast", "tint": 2.0, "corner_share": 8, "middle": 127.5,
    "eight_bit": {"gain": 128.0, "least_spread": 128.0}, "deeper": {"gain": 48.0, "least_spread": 0.02},
}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--weights", required=True, type=Path, help="folder with mobilenet_v2_0.35.pth")
    parser.add_argument("--out", type=Path, default=MODELS_FOLDER / "cell-encoder", help="the encoder's folder")
    parser.add_argument("--side", type=int, default=128, help="px to which a picture is brought, a multiple of 64")
    arguments = parser.parse_args()
    arguments.out.mkdir(parents=True, exist_ok=True)
    grid = arguments.side // 32
    networks = [
        write_network(arguments.out, name, model, arguments.side, grid)
        for name, model in [("imagenet", imagenet(arguments.weights, arguments.side)), ("blood-smear", onnx.load(MODELS_FOLDER / "blood-smear" / "network.onnx"))]
    ]
    spec = {
        "$schema": "../encoder.schema.json", **ABOUT,
        "input": {"width_px": arguments.side, "height_px": arguments.side, "channels": "rgb"}, "crop": {"rule": "none"}, "resize": {"rule": "bilinear_antialiased"},
        "normalisation": NORMALISATION, "networks": networks, "grid": grid, "turns": TAUGHT_TURNS, "measurements": {"side_px": SIDE_PX, "names": list(NAMES)},
    }
    file = arguments.out / "spec.json"
    before = json.loads(file.read_text()) if file.exists() else {}
    if "metrics" in before and all(before.get(key) == spec[key] for key in ("input", "normalisation", "networks", "measurements")):
        spec["metrics"] = before["metrics"]
    file.write_text(format_json(spec) + "\n")
    print(f"{file}: " + ", ".join(f"{network['file']} {network['bytes']:,} bytes, {network['features']} features" for network in networks))


def imagenet(weights: Path, side_px: int) -> onnx.ModelProto:
    network = NETWORKS["mobilenet_v2_0.35"]
    model = Classifier(network, 2).eval()
    load_pretrained(model, network, weights)
    exported = export_features(model.features, torch.zeros(2, 3, side_px, side_px))
    store_halves(exported.graph)
    return exported


def write_network(folder: Path, name: str, model: onnx.ModelProto, side_px: int, grid: int) -> dict:
    """Write NAME.onnx. Returns: what the spec says of it."""
    for dimension in model.graph.input[0].type.tensor_type.shape.dim[2:]:
        dimension.dim_value = side_px
    model, count = mapped(model, grid)
    file = folder / f"{name}.onnx"
    file.write_bytes(model.SerializeToString())
    title, licence = TITLES[name]
    return {
        "file": file.name, "sha256": sha256(file), "bytes": file.stat().st_size, "architecture": title,
        "parameters": sum(int(np.prod(tensor.dims)) for tensor in model.graph.initializer if tensor.dims),
        "licence": licence, "input": "image", "output": "embedding",
        "normalisation": {"rule": "mean_std", "mean": [127.5] * 3, "std": [127.5] * 3},
        "features": count, "last": LAST, "layers": [*(f"sum of block {block}" for block in MIDDLE_BLOCKS), "last"],
    }


if __name__ == "__main__":
    main()
