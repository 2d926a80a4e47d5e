"""Compare exported models of tasks with two classes on the same split, and write the table of models/README.md.

    python scripts/export_onnx.py --checkpoint build/train/NAME/best.pt --data build/data/TASK --out build/compare/NAME
    npm run bench -- compare build/compare/*                         # milliseconds, into times.json of each folder
    python scripts/compare_networks.py --data build/data build/compare/*

The temperature is fitted on the validation part, everything else is measured on the test part. The rows go into
models/comparison.json, since the networks themselves are too large to ship, and those of earlier models stay there; a new
time counts for all rows of the same network and input, which cost the same whatever they have learned.
"""

import argparse
import json
import re
from pathlib import Path

import numpy as np

from cytotrain.card import interval, percent, replace_between, table
from cytotrain.metrics import area_under_curve, bootstrap_interval, fit_temperature, softmax, summarise, two_columns
from cytotrain.model_folder import ExportedModel, format_json
from cytotrain.prepare import decode, prepare
from cytotrain.tasks import MODELS_FOLDER, list_samples

BEGIN = "<!-- comparison: written by scripts/compare_networks.py -->"
END = "<!-- end of comparison -->"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folders", nargs="+", type=Path, help="exported models, each with times.json")
    parser.add_argument("--data", required=True, type=Path, help="folder with one folder of images for each task")
    arguments = parser.parse_args()
    file = MODELS_FOLDER / "comparison.json"
    results = json.loads(file.read_text()) if file.is_file() else []
    for folder in arguments.folders:
        measured = {**measure(folder, arguments.data), "ms": json.loads((folder / "times.json").read_text())}
        print(format_json(measured), flush=True)
        results = [result for result in results if not is_same(result, measured, "task", "network", "recipe")] + [measured]
        for result in results:
            if is_same(result, measured, "network", "input_px"):
                result["ms"] = measured["ms"]
    results.sort(key=lambda result: (result["task"], -result["correct"]))
    file.write_text(format_json(results) + "\n")
    replace_between(MODELS_FOLDER / "README.md", BEGIN, END, "\n".join(comparison_table(results)))


def is_same(one: dict, other: dict, *keys: str) -> bool:
    return all(one.get(key) == other.get(key) for key in keys)


def measure(folder: Path, data: Path) -> dict:
    """Everything of one row but the time it takes."""
    model = ExportedModel(folder)
    spec = model.spec
    samples = list_samples(data / spec["name"], spec)
    logits, labels = {}, {}
    for part in ("val", "test"):
        chosen = [sample for sample in samples if sample.part == part]
        features = [model.features(prepare(decode(s.file), spec).numpy()).mean((2, 3)) for s in chosen]
        logits[part] = two_columns(model.head(np.concatenate(features)))
        labels[part] = np.array([s.label for s in chosen])
    temperature = round(fit_temperature(logits["val"], labels["val"]), 4)
    test = summarise(logits["test"], labels["test"], temperature, 0.5)
    scores = softmax(logits["test"] / temperature)[:, 1]
    groups = scores[labels["test"] == 0], scores[labels["test"] == 1]
    heads = sum((layer["inputs"] + 1) * layer["outputs"] for layer in spec["head"]["layers"])
    return {
        "task": spec["name"],
        "network": spec["network"]["architecture"],
        "input_px": spec["input"]["width_px"],
        "recipe": spec["training"]["recipe"],
        "images": test["images"],
        "correct": test["correct"],
        "accuracy_interval_95": test["accuracy_interval_95"],
        "balanced_accuracy": test["balanced_accuracy"],
        "auc": round(area_under_curve(*groups), 4),
        "auc_interval_95": [round(bound, 4) for bound in bootstrap_interval(area_under_curve, *groups)],
        "ece": test["ece"],
        "parameters": spec["network"]["parameters"] + heads,
        "bytes": spec["network"]["bytes"] + (folder / spec["head"]["file"]).stat().st_size,
    }


def comparison_table(results: list[dict]) -> list[str]:
    header = [
        "task", "network", "input", "trained", "right", "accuracy (95 % interval)", "balanced", "area under the curve (95 % interval)",
        "calibration error", "parameters", "size", "ms a cell, ONNX Runtime Web", "ms a cell, our engine",
    ]
    return table(header, [
        [
            result["task"], result["network"], f"{result['input_px']} px", trained(result["recipe"]), f"{result['correct']} of {result['images']}",
            f"{percent(result['correct'] / result['images'])} ({interval(result['accuracy_interval_95'])})", percent(result["balanced_accuracy"]),
            f"{result['auc']:.3f} ({result['auc_interval_95'][0]:.3f}–{result['auc_interval_95'][1]:.3f})", percent(result["ece"]),
            f"{result['parameters'] / 1e6:.2f} million", f"{result['bytes'] / 1e6:.2f} MB", f"{result['ms']['onnxruntime']:.1f}",
            f"{result['ms']['core']:.1f}" if "core" in result["ms"] else "",
        ]
        for result in results
    ])


def trained(recipe: str) -> str:
    """The recipe's name, its epochs and what it started from, out of the command that a spec records."""
    words = recipe.split()
    of = {name: words[words.index(f"--{name}") + 1] for name in ("recipe", "epochs")}
    part = re.search(r"--images (\d+)", recipe)
    start = "random weights" if "random weights" in recipe else "ImageNet weights"
    kept = re.search(r"\((epoch \d+) kept\)", recipe)
    epochs = f"{of['epochs']} epoch{'' if of['epochs'] == '1' else 's'}{f' of {part[1]} images' if part else ''}"
    return f"{of['recipe']}, {epochs}{f' ({kept[1]} kept)' if kept else ''}, from {start}"


if __name__ == "__main__":
    main()
