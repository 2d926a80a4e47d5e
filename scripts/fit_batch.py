"""Fit when a set of images as a whole is foreign to a model, and measure it: false alarms at home, and what is noticed elsewhere.

    python scripts/fit_batch.py --task viability --data build/data/viability --foreign build/data/cell-cycle ../shared/data/blood-smear

Fitted on subsets of the validation part; the limits are looked at on the test part. Writes `novelty.batch` of the spec, and `batch` of
metrics.json and the card. Sets are also made foreign as another microscope would: darker, blurred, of another scale or stain.
"""

import argparse
import json
from pathlib import Path

import numpy as np
import torch

from cytotrain import batch
from cytotrain.audit import elsewhere_for
from cytotrain.card import update_card
from cytotrain.model_folder import ExportedModel, format_json, write_spec
from cytotrain.prepare import decode
from cytotrain.tasks import MODELS_FOLDER, list_samples
from evaluate import embed, foreign_sets

SETS_OF = (20, 30, 100)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--task", required=True, help="name of the model")
    parser.add_argument("--data", required=True, type=Path, help="folder of its images")
    parser.add_argument("--foreign", nargs="*", type=Path, default=[], help="folders of images of another kind")
    parser.add_argument("--abstain-below", type=float, default=batch.CAREFUL_BELOW, help="probability asked for in a foreign set")
    arguments = parser.parse_args()
    torch.set_num_threads(1)
    model = ExportedModel(MODELS_FOLDER / arguments.task)
    statistics = model.statistics()
    samples = list_samples(arguments.data, model.spec)

    def place(images) -> tuple[np.ndarray, np.ndarray]:
        features, measured = embed(model, images)
        return batch.deviations(statistics, features, measured), measured

    def part(name: str, every: int = 1) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        chosen = [sample for sample in samples if sample.part == name][::every]
        return *place(decode(sample.file) for sample in chosen), np.array([sample.label for sample in chosen])

    _, train_measured, _ = part("train", 2)
    val, _, val_labels = part("val")
    test, _, test_labels = part("test")
    rules = {**batch.fit(val, val_labels, train_measured), "abstain_below": arguments.abstain_below}
    model.spec["novelty"]["batch"] = rules
    write_spec(model.folder, model.spec)

    def alarms(deviation: np.ndarray, labels: np.ndarray) -> dict:
        return {str(size): round(batch.noticed(deviation, labels, rules, size), 4) for size in SETS_OF}

    val_images = [decode(sample.file) for sample in samples if sample.part == "val"]
    every = max(1, len(val_images) // 150)
    elsewhere = {name: [change(image) for image in val_images[::every]] for name, change in elsewhere_for(val_images[0]).items()}
    report = {
        "sets_of": list(SETS_OF), "test": alarms(test, test_labels),
        "elsewhere": {name: alarms(place(images)[0], val_labels[::every]) for name, images in elsewhere.items()},
        "foreign": {
            name: alarms((found := place(images)[0]), np.zeros(len(found), int)) for name, images in foreign_sets(arguments.foreign, model.spec, 150).items() if len(images) > 20
        },
    }
    metrics = json.loads((model.folder / "metrics.json").read_text()) | {"batch": report}
    (model.folder / "metrics.json").write_text(format_json(metrics) + "\n")
    update_card(model.folder / "card.md", model.spec, metrics)
    print(format_json({"rules": {key: value for key, value in rules.items() if key != "measures"}, **report}))


if __name__ == "__main__":
    main()
