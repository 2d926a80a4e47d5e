"""Fit when a set of images as a whole is foreign to a model, and measure it: false alarms at home, and what is noticed elsewhere.

    python scripts/fit_batch.py --task viability --data build/data/viability --foreign build/data/cell-cycle ../shared/data/blood-smear
    python scripts/fit_batch.py --task blood-smear --data ../shared/data/blood-smear --laboratories ../shared/data/blood-smear-elsewhere

Fitted on subsets of the validation part; the limits are looked at on the test part. Writes `novelty.batch` of the spec, the look of the
training part into the novelty file, and `batch` of metrics.json and the card. Sets are also made foreign as another microscope would: darker, blurred, of another scale or stain.
"""

import argparse
import json
from pathlib import Path

import numpy as np
import torch

from cytotrain import batch
from cytotrain.audit import elsewhere_for
from cytotrain.card import update_card
from cytotrain.metrics import two_columns
from cytotrain.model_folder import ExportedModel, format_json, sha256, write_spec
from cytotrain.prepare import decode
from cytotrain.safetensors import write_safetensors
from cytotrain.tasks import MODELS_FOLDER, list_samples
from evaluate import embed, foreign_sets

SETS_OF = (20, 30, 100)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--task", required=True, help="name of the model")
    parser.add_argument("--data", required=True, type=Path, help="folder of its images")
    parser.add_argument("--foreign", nargs="*", type=Path, default=[], help="folders of images of another kind")
    parser.add_argument("--laboratories", type=Path, help="folder of images of the same types from elsewhere, with index.csv and its column laboratory")
    parser.add_argument("--abstain-below", type=float, help=f"probability asked for in a foreign set; what the spec says, or {batch.CAREFUL_BELOW}, by default")
    arguments = parser.parse_args()
    torch.set_num_threads(1)
    model = ExportedModel(MODELS_FOLDER / arguments.task)
    samples = list_samples(arguments.data, model.spec)
    of_part = lambda name: [sample for sample in samples if sample.part == name]
    pixels = lambda chosen: (decode(sample.file) for sample in chosen)

    features, measured = embed(model, pixels(of_part("train")[::2]))
    statistics = batch.fit_look(model.statistics(), features, measured, model.spec)
    novelty_file = model.folder / model.spec["novelty"]["file"]
    novelty_file.write_bytes(write_safetensors(statistics.tensors()))
    model.spec["novelty"]["sha256"] = sha256(novelty_file)

    def place(images, labels: np.ndarray) -> tuple[tuple[np.ndarray, np.ndarray], float]:
        """Deviations of images, and the share of them that the model names rightly."""
        features, measured = embed(model, images)
        return batch.deviations(statistics, features, measured), round(float((two_columns(model.head(features)).argmax(1) == labels).mean()), 4)

    val_labels, test_labels = (np.array([sample.label for sample in of_part(name)]) for name in ("val", "test"))
    (val, _), (test, right) = (place(pixels(of_part(name)), labels) for name, labels in (("val", val_labels), ("test", test_labels)))
    rules = {**batch.fit(val, val_labels, measured), "abstain_below": arguments.abstain_below or model.spec["novelty"].get("batch", {}).get("abstain_below", batch.CAREFUL_BELOW)}
    model.spec["novelty"]["batch"] = rules
    write_spec(model.folder, model.spec)

    def alarms(deviation: tuple[np.ndarray, np.ndarray], labels: np.ndarray) -> dict:
        return {str(size): round(batch.noticed(deviation, labels, rules, size), 4) for size in SETS_OF}

    def laboratories(folder: Path) -> dict:
        listed = list_samples(folder, model.spec)
        found = {}
        for name in sorted({sample.part for sample in listed}):
            chosen = [sample for sample in listed if sample.part == name]
            labels = np.array([sample.label for sample in chosen])
            deviation, right = place(pixels(chosen), labels)
            found[name] = alarms(deviation, labels) | {"right": right}
        return found

    every = max(1, len(val_labels) // 150)
    val_images, labels = list(pixels(of_part("val")[::every])), val_labels[::every]
    elsewhere = {name: place(map(change, val_images), labels) for name, change in elsewhere_for(val_images[0]).items()}
    foreign = {name: place(images, np.full(len(images), -1))[0] for name, images in foreign_sets(arguments.foreign, model.spec, 150).items() if len(images) > 20}
    report = {
        "sets_of": list(SETS_OF), "test": alarms(test, test_labels) | {"right": right},
        "elsewhere": {name: alarms(found, labels) | {"right": right} for name, (found, right) in elsewhere.items()},
        "laboratories": laboratories(arguments.laboratories) if arguments.laboratories else {},
        "foreign": {name: alarms(found, np.zeros(len(found[0]), int)) for name, found in foreign.items()},
    }
    metrics = json.loads((model.folder / "metrics.json").read_text()) | {"batch": report}
    (model.folder / "metrics.json").write_text(format_json(metrics) + "\n")
    update_card(model.folder / "card.md", model.spec, metrics)
    print(format_json({"rules": {key: value for key, value in rules.items() if key != "measures"}, **report}))


if __name__ == "__main__":
    main()
