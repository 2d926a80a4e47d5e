"""Measure cancer-lines by sitting at the microscope: by density, with intervals over folders, and against what needs no look at a cell.

    python scripts/measure_sittings.py --data ../shared/data/cancer-lines --cells build/data/cancer-lines

Writes `sittings` of metrics.json and the card. For the final model only: it looks at day 3.
"""

import argparse
import csv
import json
from collections import Counter
from pathlib import Path

import numpy as np
import torch

from cytotrain import controls
from cytotrain.card import update_card
from cytotrain.metrics import area_under_curve, share, softmax, two_columns
from cytotrain.model_folder import ExportedModel, format_json
from cytotrain.prepare import decode
from cytotrain.tasks import MODELS_FOLDER, list_samples
from evaluate import embed

INSIDE_ABOVE = 24
DRAWS = 2000


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", required=True, type=Path, help="the data set's folder, with its index.csv")
    parser.add_argument("--cells", required=True, type=Path, help="its cells, as prepare_data.py writes them")
    arguments = parser.parse_args()
    torch.set_num_threads(1)
    folder = MODELS_FOLDER / "cancer-lines"
    model = ExportedModel(folder)
    with (arguments.data / "index.csv").open(newline="") as rows:
        index = {Path(row["file"]).stem: row for row in csv.DictReader(rows)}
    copies = Counter(row["original"] for row in index.values())
    samples = list_samples(arguments.cells, model.spec)
    test = [sample for sample in samples if sample.part == "test"]
    labels = np.array([sample.label for sample in test])
    logits = model.head(embed(model, (decode(sample.file) for sample in test))[0])
    pc3 = softmax(two_columns(logits) / model.spec["judge"]["temperature"])[:, 1]
    sitting = np.array([index[sample.file.stem]["folder"] for sample in test])
    density = np.array([index[sample.file.stem]["density"] for sample in test])

    metrics = json.loads((folder / "metrics.json").read_text())
    metrics["sittings"] = {
        "copies": {"images": sum(copies.values()), "originals": len(copies), "with_copies": sum(count > 1 for count in copies.values())},
        "all": describe(pc3, labels, sitting),
        "densities": {
            one: {"all": describe(pc3[density == one], labels[density == one], None)}
            | {name: share((pc3 >= 0.5)[of] == labels[of]) for label, name in enumerate(("mda_mb_231", "pc3")) if (of := (density == one) & (labels == label)).any()}
            for one in sorted(set(density))
        },
        "controls": describe_controls([sample for sample in samples if sample.part in ("train", "val")], test, labels),
    }
    (folder / "metrics.json").write_text(format_json(metrics) + "\n")
    update_card(folder / "card.md", model.spec, metrics)
    print(format_json(metrics["sittings"]))


def describe(scores: np.ndarray, labels: np.ndarray, sittings: np.ndarray | None) -> dict:
    """Accuracy and area under the curve; with sittings also intervals over folders of each line drawn with replacement."""
    found = {**share((scores >= 0.5) == labels), "auc": round(area_under_curve(scores[labels == 0], scores[labels == 1]), 4)}
    if sittings is None:
        return found
    draw = np.random.RandomState(1)
    of_line = [sorted(set(sittings[labels == label])) for label in (0, 1)]
    accuracies, curves = [], []
    for _ in range(DRAWS):
        rows = np.concatenate([np.flatnonzero(sittings == folder) for folders in of_line for folder in draw.choice(folders, len(folders))])
        accuracies.append(((scores[rows] >= 0.5) == labels[rows]).mean())
        curves.append(area_under_curve(scores[rows][labels[rows] == 0], scores[rows][labels[rows] == 1]))
    ends = lambda values: [round(float(end), 4) for end in np.quantile(values, [0.025, 0.975])]
    return {**found, "by_folder_95": ends(accuracies), "auc_by_folder_95": ends(curves)}


def describe_piece(pixels: np.ndarray) -> np.ndarray:
    """Log of the area, mean grey, and the silhouette's two spreads, their ratio, its fullness and its share of the border."""
    inside = pixels > INSIDE_ABOVE
    y, x = np.nonzero(inside)
    spreads = np.sqrt(np.maximum(np.linalg.eigvalsh(np.cov(np.stack([x, y]))), 0.1)) if len(x) > 5 else np.ones(2)
    border = np.concatenate([inside[0], inside[-1], inside[:, 0], inside[:, -1]]).mean()
    mean = pixels[inside].mean() if len(x) else 0.0
    return np.array([np.log(len(x) + 1), mean, *spreads, spreads[0] / spreads[1], len(x) / (spreads[0] * spreads[1] + 1), border])


def describe_controls(learned, test, labels: np.ndarray) -> dict:
    """What a random forest makes of day 3 from size, mean grey or silhouette alone."""
    own, held = (np.stack([describe_piece(decode(sample.file)[..., 0].astype(float)) for sample in some]) for some in (learned, test))
    own_labels = np.array([sample.label for sample in learned])
    found = {}
    for name, columns in {"size only": [0], "mean grey only": [1], "silhouette only": [0, 2, 3, 4, 5, 6]}.items():
        scores = controls.forest(own[:, columns], own_labels, held[:, columns])[:, 1]
        found[name] = describe(scores, labels, None)
    return found


if __name__ == "__main__":
    main()
