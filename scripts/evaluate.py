"""Measure a model folder as it is shipped, and record calibration and metrics in its spec.json.

    python scripts/evaluate.py --task blood-smear --data ../shared/data/blood-smear
    python scripts/evaluate.py --task blood-smear --data ../shared/data/blood-smear --test --weights ../shared/weights

Everything that is chosen (temperature, threshold) is chosen on the validation part. --test looks at the test part
as well, which is for the final model only. --weights adds the control that sees only the corners of the images.
All numbers are printed, written to metrics.json beside the spec, and set into the model card between its two marks.
"""

import argparse
from pathlib import Path

import numpy as np
import torch

from cytotrain.audit import DISTURBANCES, corners_only_accuracy, count_duplicates
from cytotrain.card import update_card
from cytotrain.metrics import (
    choose_threshold, expected_calibration_error, fit_temperature, negative_log_likelihood, per_class, softmax,
    summarise, wilson_interval,
)
from cytotrain.model_folder import ExportedModel, format_json, write_spec
from cytotrain.networks import NETWORKS
from cytotrain.prepare import decode, prepare
from cytotrain.tasks import TASKS, Sample


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--task", required=True, choices=TASKS)
    parser.add_argument("--data", required=True, type=Path, help="folder of the images with index.csv")
    parser.add_argument("--test", action="store_true", help="look at the test part; for the final model only")
    parser.add_argument("--weights", type=Path, help="folder of the pre-trained weights, for the corners-only control")
    arguments = parser.parse_args()
    # The operations are small: one thread is as fast, and leaves the machine to others.
    torch.set_num_threads(1)
    task = TASKS[arguments.task]
    model = ExportedModel(task.folder)
    spec = model.spec
    ids = [entry["id"] for entry in spec["classes"]]
    samples = task.samples(arguments.data)
    of_part = {part: [s for s in samples if s.part == part] for part in ("train", "val", "test")}

    val_labels = labels_of(of_part["val"])
    pixels = [decode(sample.file) for sample in of_part["val"]]
    val_logits = {name: logits_of(model, (change(p) for p in pixels)) for name, change in DISTURBANCES.items()}
    outcomes = {"validation": (val_logits["unchanged"], val_labels)}
    temperature = round(fit_temperature(*outcomes["validation"]), 4)
    abstain_below = choose_threshold(softmax(val_logits["unchanged"] / temperature), val_labels)
    if arguments.test:
        outcomes["test"] = (logits_of(model, (decode(s.file) for s in of_part["test"])), labels_of(of_part["test"]))
    spec["judge"] = {"temperature": temperature, "abstain_below": abstain_below}
    spec["metrics"] = {name: summarise(*outcome, temperature, abstain_below) for name, outcome in outcomes.items()}

    report = {
        "calibration": {name: describe_calibration(*outcome, temperature) for name, outcome in outcomes.items()},
        "classes": {name: describe_classes(spec["metrics"][name]["confusion"], ids) for name in outcomes},
        "confused": {name: describe_confusions(spec["metrics"][name]["confusion"], ids) for name in outcomes},
        "disturbed_validation": {
            name: describe_accuracy(logits, val_labels) for name, logits in val_logits.items()
        },
        "duplicates_of_training_images": count_duplicates(samples),
    }
    if arguments.test:
        report["originals"] = describe_originals(model, arguments.data / "originals", samples)
    if arguments.weights:
        report["corners_only_validation"] = corners_only_accuracy(
            samples, len(ids), next(n for n in NETWORKS.values() if n.title == spec["network"]["architecture"]),
            arguments.weights,
        )
    write_spec(task.folder, spec)
    (task.folder / "metrics.json").write_text(format_json(report) + "\n")
    update_card(task.folder / "card.md", spec, report)
    print(format_json({"judge": spec["judge"], "metrics": spec["metrics"], **report}))


def labels_of(samples: list[Sample]) -> np.ndarray:
    return np.array([sample.label for sample in samples])


def logits_of(model: ExportedModel, images) -> np.ndarray:
    """Logits N×K of decoded images, one at a time as the page computes them."""
    return np.concatenate([model.logits(model.features(prepare(image, model.spec).numpy())) for image in images])


def describe_accuracy(logits: np.ndarray, labels: np.ndarray) -> dict:
    correct = int((logits.argmax(1) == labels).sum())
    interval = [round(bound, 4) for bound in wilson_interval(correct, len(labels))]
    share = round(correct / len(labels), 4)
    return {"images": len(labels), "correct": correct, "accuracy": share, "interval_95": interval}


def describe_calibration(logits: np.ndarray, labels: np.ndarray, temperature: float) -> dict:
    """Calibration before and after the temperature."""
    return {
        name: {
            "ece": round(expected_calibration_error(softmax(logits / divisor), labels), 4),
            "nll": round(negative_log_likelihood(logits / divisor, labels), 4),
        }
        for name, divisor in [("before", 1.0), ("after", temperature)]
    }


def describe_classes(confusion: list[list[int]], ids: list[str]) -> dict:
    """Recall with its Wilson interval, precision and F1 of every class."""
    counts = np.array(confusion)
    recall, precision, f1 = (np.round(values, 4).tolist() for values in per_class(counts))
    intervals = [wilson_interval(row[index], sum(row)) for index, row in enumerate(confusion)]
    return {
        name: {
            "recall": recall[index],
            "recall_interval_95": [round(bound, 4) for bound in intervals[index]],
            "precision": precision[index],
            "f1": f1[index],
        }
        for index, name in enumerate(ids)
    }


def describe_confusions(confusion: list[list[int]], ids: list[str]) -> list[str]:
    """Every mistake that was made, the most frequent first."""
    mistakes = [(count, t, p) for t, row in enumerate(confusion) for p, count in enumerate(row) if count and t != p]
    return [f"{ids[t]} called {ids[p]}: {count}" for count, t, p in sorted(mistakes, key=lambda m: (-m[0], m[1], m[2]))]


def describe_originals(model: ExportedModel, folder: Path, samples: list[Sample]) -> dict:
    """Accuracy on uncut originals, which lie in folders as the cut images do and are counted by the part those are in.

    Returns: accuracy of all and of each part, and the files named wrongly; empty when there are no originals.
    """
    of_file = {(sample.file.parent.name, sample.file.name): sample for sample in samples}
    found = [(file, of_file[file.parent.name, file.name]) for file in sorted(folder.glob("*/*"))]
    if not found:
        return {}
    logits, labels = logits_of(model, (decode(file) for file, _ in found)), labels_of([sample for _, sample in found])
    parts = np.array([sample.part for _, sample in found])
    names = [entry["id"] for entry in model.spec["classes"]]
    return {
        "all": describe_accuracy(logits, labels),
        **{part: describe_accuracy(logits[parts == part], labels[parts == part]) for part in ("train", "val", "test")},
        "wrong": [
            f"{file.parent.name}/{file.name} called {names[p]}"
            for (file, sample), p in zip(found, logits.argmax(1)) if p != sample.label
        ],
    }


if __name__ == "__main__":
    main()
