"""Measure how viability is named by networks that saw no tile connected with the one they are tested on: three trainings, three folds.

    for fold in 0 1 2; do python scripts/prepare_data.py --data ../shared/data --out build/data --task viability-without-tiles-$fold; done
    python scripts/measure_folds.py --data build/data --weights ../shared/weights --out build/train/viability-folds

Each training goes on from its last epoch where it was broken off. Its last weights are tested, so that nothing is chosen by the
fold that tests it. Writes `folds` of metrics.json and the card; the shipped weights stay as they are.
"""

import argparse
import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import torch

from cytotrain.card import update_card
from cytotrain.metrics import area_under_curve, share, two_columns
from cytotrain.model_folder import format_json
from cytotrain.networks import NETWORKS, Classifier
from cytotrain.prepare import decode, prepare
from cytotrain.tasks import MODELS_FOLDER, list_samples
from cytotrain.tiles import FOLDS

TASK, NETWORK = "viability", "mobilenet_v2_0.35"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", required=True, type=Path, help="what prepare_data.py wrote, with one folder a fold")
    parser.add_argument("--weights", required=True, type=Path, help="folder of the pre-trained weights")
    parser.add_argument("--out", required=True, type=Path, help="where trainings keep their checkpoints")
    parser.add_argument("--epochs", type=int, default=30)
    parser.add_argument("--threads", type=int, default=1)
    arguments = parser.parse_args()
    torch.set_num_threads(arguments.threads)
    labels, scores = zip(*(learn_without(fold, arguments) for fold in FOLDS))
    parts = {f"fold {number}, learned from the others": describe(*of) for number, of in enumerate(zip(labels, scores), 1)}
    # A logit of one network is not one of another's, so that over all folds only what each names is counted together.
    parts["all"] = {**describe(np.concatenate(labels), np.concatenate(scores)), "auc": round(float(np.mean([one["auc"] for one in parts.values()])), 4)}
    folder = MODELS_FOLDER / TASK
    spec, metrics = (json.loads((folder / name).read_text()) for name in ("spec.json", "metrics.json"))
    metrics["folds"] = {"epochs": arguments.epochs, "parts": parts}
    (folder / "metrics.json").write_text(format_json(metrics) + "\n")
    update_card(folder / "card.md", spec, metrics)
    print(format_json(metrics["folds"]))


def learn_without(fold: str, arguments: argparse.Namespace) -> tuple[np.ndarray, np.ndarray]:
    """Train on the other folds. Returns: of the N cells of this one the class, 0 live or 1 dead, and the logit of dead less that of live."""
    data, out = arguments.data / f"{TASK}-without-{fold}", arguments.out / fold
    if not (out / "last.pt").is_file():
        options = {"task": TASK, "network": NETWORK, "data": data, "weights": arguments.weights, "out": out, "epochs": arguments.epochs, "threads": arguments.threads}
        words = [str(word) for name, value in options.items() for word in (f"--{name}", value)]
        subprocess.run([sys.executable, str(Path(__file__).parent / "train.py"), *words], check=True)
    saved = torch.load(out / "last.pt", map_location="cpu")
    model = Classifier(NETWORKS[saved["network"]], len(saved["spec"]["classes"]), 1).eval()
    model.load_state_dict(saved["model"])
    tested = [sample for sample in list_samples(data, saved["spec"]) if sample.part == "val"]
    with torch.no_grad():
        logits = torch.cat([model(prepare(decode(sample.file), saved["spec"])) for sample in tested])
    live, dead = two_columns(logits.numpy()).T
    return np.array([sample.label for sample in tested]), dead - live


def describe(labels: np.ndarray, scores: np.ndarray) -> dict:
    right = (scores > 0) == (labels == 1)
    lines = {name: share(right[labels == label]) for label, name in enumerate(("live", "dead"))}
    balanced = np.mean([line["share"] for line in lines.values()])
    return {"all": share(right), "balanced_accuracy": round(float(balanced), 4), "auc": round(area_under_curve(scores[labels == 0], scores[labels == 1]), 4), **lines}


if __name__ == "__main__":
    main()
