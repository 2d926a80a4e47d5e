"""Write tests/golden/tiny-shapes/: a model folder of a few kilobytes with everything that a spec may state.

    python scripts/golden_tiny_model.py

It tells drawn discs, bars and rings apart and has statistics of its training images, so that the tests can see a cell
that is not like them. The network is random filters, the head a least-squares fit. Golden: two shapes and stripes, which are foreign.
"""

import argparse
from pathlib import Path

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

from cytotrain import novelty, quality
from cytotrain.metrics import confusion_matrix, per_class, wilson_interval
from cytotrain.model_folder import ExportedModel, format_json, sha256, write_spec
from cytotrain.png import write_png
from cytotrain.prepare import prepare
from cytotrain.safetensors import write_safetensors
from golden import describe

FOLDER = Path(__file__).resolve().parents[1] / "tests" / "golden" / "tiny-shapes"
SIDE_PX, CHANNELS, DIMENSIONS = 16, 12, 5
SHAPES = ("disc", "bar", "ring")


def main() -> None:
    argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter).parse_args()
    # RandomState's numbers are frozen for ever, unlike those of the newer generators.
    random = np.random.RandomState(1)
    golden = FOLDER / "golden"
    golden.mkdir(parents=True, exist_ok=True)
    (FOLDER / "network.onnx").write_bytes(make_network(random).SerializeToString())
    (FOLDER / "head.safetensors").write_bytes(write_safetensors({
        "dense_0.weight": np.zeros((3, CHANNELS)), "dense_0.bias": np.zeros(3),
    }))
    write_spec(FOLDER, make_spec())

    train, test = ([(label, draw(shape, random)) for _ in range(count) for label, shape in enumerate(SHAPES)] for count in (40, 20))
    labels, pooled = embed(train)
    with_one = np.column_stack([pooled, np.ones(len(pooled))])
    weights = np.linalg.lstsq(with_one, 8 * np.eye(3)[labels], rcond=None)[0].T
    (FOLDER / "head.safetensors").write_bytes(write_safetensors({"dense_0.weight": weights[:, :-1], "dense_0.bias": weights[:, -1]}))
    measured = np.array([quality.measure(image, make_spec()) for _, image in train])
    statistics = novelty.fit(pooled, labels, DIMENSIONS, measured)
    (FOLDER / "novelty.safetensors").write_bytes(write_safetensors(statistics.tensors()))
    threshold = round(1.2 * float(statistics.distance(pooled, measured).max()), 3)
    spec = make_spec()
    spec["novelty"]["threshold"] = threshold
    spec["metrics"]["test"] = measure(*embed(test))
    write_spec(FOLDER, spec)

    images = {
        "disc.png": draw("disc", random),
        "bar_odd_alpha.png": make_odd(draw("bar", random)),
        "stripes.png": np.tile(np.array([[40], [210]], np.uint8), (12, 24))[..., None],
    }
    for name, image in images.items():
        (golden / name).write_bytes(write_png(image))
    model = ExportedModel(FOLDER)
    cases = [describe(model, golden / name) for name in images]
    (golden / "golden.json").write_text(format_json({"cases": cases}) + "\n")
    for case in cases:
        print(case["image"], case["label"], f"{max(case['probabilities']):.3f}", f"{case['novelty']:.3f}", case["foreign"])
    print(f"threshold {threshold}")


def draw(shape: str, random: np.random.RandomState) -> np.ndarray:
    """Draw one shape on a background of any brightness, as microscope frames drift. Returns: 24×24×1 uint8."""
    x, y = np.meshgrid(np.arange(24) - 11.5 + random.uniform(-1, 1), np.arange(24) - 11.5 + random.uniform(-1, 1))
    radius, angle = np.hypot(x, y), random.uniform(0, np.pi)
    inside = {
        "disc": radius < 6,
        "bar": (abs(x * np.cos(angle) + y * np.sin(angle)) < 2) & (radius < 9),
        "ring": (radius > 5) & (radius < 8),
    }[shape]
    image = random.uniform(60, 160) + random.uniform(30, 80) * inside + random.normal(0, 2, inside.shape)
    return np.rint(np.clip(image, 0, 255)).astype(np.uint8)[..., None]


def make_odd(image: np.ndarray) -> np.ndarray:
    """The image as 27×25 RGBA, its right edge a little transparent, so that a wrong channel or blend shows."""
    wide = np.pad(image, ((0, 1), (1, 2), (0, 0)), mode="edge")
    alpha = np.full_like(wide, 255)
    alpha[:, -1] = 240
    return np.concatenate([wide, wide, wide, alpha], axis=2)


def make_network(random: np.random.RandomState) -> onnx.ModelProto:
    """Two convolutions of stride 2 with random filters and ReLU."""
    shapes = {"w1": (8, 1, 3, 3), "b1": (8,), "w2": (CHANNELS, 8, 3, 3), "b2": (CHANNELS,)}
    values = {
        name: random.normal(0, 1 / np.sqrt(np.prod(shape[1:]) or 4), shape).astype(np.float32) for name, shape in shapes.items()
    }
    nodes = []
    for number, (before, after) in enumerate([("image", "middle"), ("middle", "features")], 1):
        nodes.append(helper.make_node("Conv", [before, f"w{number}", f"b{number}"], [f"c{number}"], strides=[2, 2], pads=[1] * 4))
        nodes.append(helper.make_node("Relu", [f"c{number}"], [after]))
    graph = helper.make_graph(
        nodes, "tiny-shapes",
        [helper.make_tensor_value_info("image", TensorProto.FLOAT, ["N", 1, SIDE_PX, SIDE_PX])],
        [helper.make_tensor_value_info("features", TensorProto.FLOAT, ["N", CHANNELS, 4, 4])],
        [numpy_helper.from_array(array, name) for name, array in values.items()],
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)
    onnx.checker.check_model(model, full_check=True)
    return model


def make_spec() -> dict:
    """The spec for the files that are there now; threshold and metrics are still to be measured."""
    files = {name: sha256(FOLDER / name) if (FOLDER / name).exists() else "0" * 64
             for name in ("network.onnx", "head.safetensors", "novelty.safetensors")}
    network = FOLDER / "network.onnx"
    return {
        "schema_version": 1,
        "name": FOLDER.name,
        "version": "1.0.0",
        "title": "Drawn shapes",
        "purpose": "Tells drawn discs, bars and rings apart, for tests.",
        "network": {
            "file": network.name, "sha256": files[network.name], "bytes": network.stat().st_size,
            "architecture": "two random convolutions", "parameters": 8 * 9 + 8 + CHANNELS * 8 * 9 + CHANNELS,
            "input": "image", "output": "features", "features": {"channels": CHANNELS, "height": 4, "width": 4},
        },
        "input": {"width_px": SIDE_PX, "height_px": SIDE_PX, "channels": "grey"},
        "crop": {"rule": "none"},
        "resize": {"rule": "bilinear_antialiased"},
        "normalisation": {"rule": "corner_median_spread", "corner_px": 3, "least_spread": 2.0},
        "pixel_size_um": None,
        "classes": [
            {"id": shape, "name": shape.capitalize(), "letter": shape[0].upper(), "description": f"A {shape}."} for shape in SHAPES
        ],
        "head": {
            "file": "head.safetensors", "sha256": files["head.safetensors"], "output": "softmax",
            "layers": [{"name": "dense_0", "inputs": CHANNELS, "outputs": 3, "activation": "none"}],
        },
        "judge": {"temperature": 1.0, "abstain_below": 0.6},
        "novelty": {
            "file": "novelty.safetensors", "sha256": files["novelty.safetensors"], "rule": "mahalanobis",
            "dimensions": DIMENSIONS, "threshold": 1.0,
        },
        "training": {
            "data": "Drawn by scripts/golden_tiny_model.py.", "source": "none", "data_licence": "Apache-2.0", "split": "Drawn anew.",
            "images": {"train": 120, "validation": 0, "test": 60}, "recipe": "python scripts/golden_tiny_model.py",
        },
        "licence": "Apache-2.0",
        "metrics": {"test": {}},
    }


def embed(drawn: list[tuple[int, np.ndarray]]) -> tuple[np.ndarray, np.ndarray]:
    """Labels and pooled features, N and N×D."""
    model = ExportedModel(FOLDER)
    inputs = np.concatenate([prepare(image, model.spec).numpy() for _, image in drawn])
    return np.array([label for label, _ in drawn]), model.features(inputs).mean((2, 3))


def measure(labels: np.ndarray, pooled: np.ndarray) -> dict:
    model = ExportedModel(FOLDER)
    logits = model.logits(pooled[:, :, None, None])
    matrix = confusion_matrix(labels, logits.argmax(1), len(SHAPES))
    recall, _, f1 = per_class(matrix)
    correct = int(np.diag(matrix).sum())
    return {
        "images": len(labels), "correct": correct, "accuracy": round(correct / len(labels), 6),
        "accuracy_interval_95": [round(bound, 6) for bound in wilson_interval(correct, len(labels))],
        "balanced_accuracy": round(float(recall.mean()), 6), "macro_f1": round(float(f1.mean()), 6), "ece": 0.0,
        "confusion": matrix.tolist(),
    }


if __name__ == "__main__":
    main()
