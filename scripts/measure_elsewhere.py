"""Measure models that each never saw one laboratory, on that laboratory, and record it for the model that saw them all.

    python scripts/measure_elsewhere.py --task blood-smear --data ../shared/data/blood-smear-elsewhere \
        --left-out a=build/models/without-a b=build/models/without-b
    python scripts/measure_elsewhere.py --task blood-smear --data ../shared/data/blood-smear-elsewhere --left-out a=models/blood-smear b=models/blood-smear

Each folder is a model exported and measured by itself (export_onnx.py and evaluate.py with --model), or the model's own where it saw none of them. Of the verdicts two questions are
asked: how many are right of all, and how many of those that are named. The probability asked for in a foreign set is the smallest at
which enough of the cells named are right, over all laboratories together, each weighing the same. Writes `elsewhere` of metrics.json and the card, and
`novelty.batch.abstain_below` of the spec. How many are named is judged as a program judges them: image quality, then novelty, then the threshold.
"""

import argparse
import json
from pathlib import Path

import numpy as np
import torch

from cytotrain import batch
from cytotrain.card import update_card, update_table
from cytotrain.metrics import share, softmax, two_columns, wilson_interval
from cytotrain.model_folder import ExportedModel, format_json, write_spec
from cytotrain.prepare import decode
from cytotrain.tasks import MODELS_FOLDER, list_samples
from evaluate import embed, is_poor

THRESHOLDS = (0.5, 0.6, 0.7, 0.8, 0.85, 0.9, 0.92, 0.94, 0.95, 0.96, 0.97, 0.98, 0.99, 0.995, 0.999)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--task", required=True, help="name of the model that saw all laboratories")
    parser.add_argument("--data", required=True, type=Path, help="folder with index.csv, with the column laboratory")
    parser.add_argument("--left-out", required=True, nargs="+", help="laboratory=folder of the model that never saw it")
    parser.add_argument("--aim", type=float, default=0.95, help="share of right ones among the cells named in a foreign set")
    arguments = parser.parse_args()
    torch.set_num_threads(1)
    folder = MODELS_FOLDER / arguments.task
    places = [Elsewhere(*pair.split("=", 1), arguments.data) for pair in arguments.left_out]
    spec, metrics = (json.loads((folder / name).read_text()) for name in ("spec.json", "metrics.json"))
    threshold = next((at for at in THRESHOLDS if np.mean([place.right_of_named(at) for place in places]) >= arguments.aim), THRESHOLDS[-1])
    if not any(place.named(THRESHOLDS[0]).any() for place in places):
        # All are held back for their quality or their look: nothing is known of thresholds.
        threshold = spec["novelty"].get("batch", {}).get("abstain_below", batch.CAREFUL_BELOW)
    threshold = max(threshold, spec["judge"]["abstain_below"])
    if "batch" in spec["novelty"]:
        spec["novelty"]["batch"]["abstain_below"] = threshold
    spec["metrics"]["elsewhere"] = summary(places, threshold)
    write_spec(folder, spec)
    metrics["elsewhere"] = {"aim": arguments.aim, "abstain_below": threshold, "by_itself": all(place.folder.samefile(folder) for place in places), "laboratories": {place.name: place.describe(threshold) for place in places}}
    (folder / "metrics.json").write_text(format_json(metrics) + "\n")
    update_card(folder / "card.md", spec, metrics)
    update_table(MODELS_FOLDER)
    print(format_json(metrics["elsewhere"]))


def summary(places: list["Elsewhere"], threshold: float) -> dict:
    """What the page says of all laboratories together."""
    right = np.concatenate([place.probabilities.argmax(1) == place.labels for place in places])
    named = np.concatenate([place.named(threshold) for place in places])
    interval = [round(bound, 4) for bound in wilson_interval(int(right.sum()), len(right))]
    return {
        "what": f"{len(places)} other laboratories, each judged by a model that never saw it", "images": len(right), "correct": int(right.sum()),
        "accuracy": round(float(right.mean()), 4), "accuracy_interval_95": interval, "named": int(named.sum()), "named_correct": int((right & named).sum()),
    }


class Elsewhere:
    """A laboratory, judged by a model that never saw it."""

    def __init__(self, name: str, folder: str, data: Path):
        model = ExportedModel(Path(folder))
        samples = [sample for sample in list_samples(data, model.spec) if sample.part == name]
        features, measured = embed(model, (decode(sample.file) for sample in samples))
        statistics = model.statistics()
        self.folder, self.name, self.ids = Path(folder), name, [entry["id"] for entry in model.spec["classes"]]
        self.labels = np.array([sample.label for sample in samples])
        self.probabilities = softmax(two_columns(model.head(features)) / model.spec["judge"]["temperature"])
        self.is_nameable = ~is_poor(measured, model.spec["quality"]) & (statistics.distance(features, measured) <= model.spec["novelty"]["threshold"])
        self.shift = batch.shift(batch.deviations(statistics, features, measured)[0])
        # Types that the laboratory has at all, as a person who knows the sample would tell the page.
        kept = np.isin(np.arange(len(self.ids)), self.labels)
        some = self.probabilities * kept
        self.among_own_types = some / some.sum(1, keepdims=True)

    def named(self, threshold: float) -> np.ndarray:
        return self.is_nameable & (self.probabilities.max(1) >= threshold)

    def right_of_named(self, threshold: float) -> float:
        named = self.named(threshold)
        return float((self.probabilities.argmax(1) == self.labels)[named].mean()) if named.any() else 1.0

    def describe(self, threshold: float) -> dict:
        right = self.probabilities.argmax(1) == self.labels
        own = self.among_own_types.argmax(1) == self.labels
        balanced = np.mean([own[self.labels == label].mean() for label in np.unique(self.labels)])
        named = self.named(threshold)
        sure = self.is_nameable & (self.among_own_types.max(1) >= threshold)
        return {
            "images": len(right), "types": [self.ids[label] for label in np.unique(self.labels)], "shift": round(self.shift, 2),
            "all_types": share(right), "own_types": share(own), "own_types_balanced": round(float(balanced), 4),
            "nameable": share(self.is_nameable), "named": share(named), "right_of_named": share(right[named]),
            "named_among_own_types": share(sure), "right_of_named_among_own_types": share(own[sure]),
        }


if __name__ == "__main__":
    main()
