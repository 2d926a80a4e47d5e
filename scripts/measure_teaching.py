"""Measure what types of one's own are learned from few images, beside Teachable Machine's way and scikit-learn.

    python scripts/prepare_data.py --data ../shared/data --out build/data
    scripts/build
    python scripts/measure_teaching.py --data ../shared/data --prepared build/data

Ten draws of each task, as scripts/measure_encoder.py draws them. Balanced accuracy on the images tested on, its mean and half its 95 % interval over the
draws (Student's t). Writes the table of docs/teaching.md. Nothing is chosen by a test part: the turns' weight was, before, on validation parts.
"""

import argparse
import json
import subprocess
import tempfile
from pathlib import Path

import numpy as np
import torch
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import log_loss
from sklearn.model_selection import StratifiedKFold
from torch import nn

from cytotrain.card import replace_between, table
from cytotrain.encoder import Encoder
from cytotrain.tasks import MODELS_FOLDER
from measure_encoder import DRAWS, MEASURED, MIDDLE, SMEAR, STUDENT_T, Drawn, columns_of, features_of, tasks

WANTED = {"laboratory-a": 20, "laboratory-b": 20, "cancer-lines": 50, "viability": 20}
"""Images a type that each task is learned from."""
STRENGTHS = (3, 10, 30, 100, 300)
TURN_WEIGHT = 3.0
"""As src/core/learn/compact.h."""
EPOCHS, BATCH, HIDDEN = 50, 16, 100
"""Of Teachable Machine's head: a dense layer of 100 with ReLU, one of the types with softmax, Adam at 0.001."""
BEGIN, END = "<!-- numbers: written by scripts/measure_teaching.py -->", "<!-- end of numbers -->"
DOCUMENT = MODELS_FOLDER.parent / "docs" / "teaching.md"
ROWS = ("Teachable Machine's way", "scikit-learn on the same features", "this house", "what its cross-validation said")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", required=True, type=Path, help="folder of the data sets")
    parser.add_argument("--prepared", required=True, type=Path, help="what prepare_data.py wrote")
    arguments = parser.parse_args()
    torch.set_num_threads(1)
    encoder = Encoder(MODELS_FOLDER / "cell-encoder")
    found = tasks(arguments.data, arguments.prepared, False)
    columns = []
    for name, size in WANTED.items():
        scores = measure(encoder, found[name], size)
        columns.append((f"{found[name].title}, {size} a type", scores))
        for row in ROWS:
            print(f"{found[name].title}, {size} a type, {row}: {shown(scores[row])} %", flush=True)
    text = "\n".join(table(["", *(title for title, _ in columns)], [[row, *(shown(scores[row]) for _, scores in columns)] for row in ROWS]))
    replace_between(DOCUMENT, BEGIN, END, text)


def shown(scores: list[float]) -> str:
    return f"{100 * np.mean(scores):.1f} ± {100 * STUDENT_T * np.std(scores, ddof=1) / np.sqrt(DRAWS):.1f}"


def measure(encoder: Encoder, task, size: int) -> dict[str, list[float]]:
    """Balanced accuracies of the draws, by row."""
    drawn = Drawn(task)
    columns, divisors = columns_of(encoder.spec, MIDDLE + SMEAR + MEASURED)
    features = features_of(encoder, drawn, task)[:, :encoder.spec["turns"], columns]
    last, _ = columns_of(encoder.spec, ("imagenet last",))
    upright = features[:, 0, np.flatnonzero(np.isin(columns, last))]
    types = drawn.types(size)
    scores: dict[str, list[float]] = {row: [] for row in ROWS}
    with tempfile.TemporaryDirectory() as folder:
        splits = [drawn.split(seed, size) for seed in range(DRAWS)]
        for seed, (learned, tested) in enumerate(splits):
            write_lessons(Path(folder) / f"{seed:02d}", features, divisors, drawn.labels, types, learned, tested)
        subprocess.run(["node", str(Path(__file__).parent / "learn_heads.ts"), folder], check=True)
        for seed, (learned, tested) in enumerate(splits):
            labels, truth = (np.array([types.index(label) for label in drawn.labels[part]]) for part in (learned, tested))
            said = json.loads((Path(folder) / f"{seed:02d}.named.json").read_text())
            scores["this house"].append(balanced(np.array(said["named"]), truth))
            scores["what its cross-validation said"].append(said["cross_validated"])
            scores["scikit-learn on the same features"].append(balanced(by_scikit_learn(features, divisors, labels, learned, tested), truth))
            scores["Teachable Machine's way"].append(balanced(by_dense_head(upright[learned], labels, upright[tested], len(types), seed), truth))
    return scores


def write_lessons(name: Path, features: np.ndarray, divisors: np.ndarray, labels: np.ndarray, types: list[str], learned: np.ndarray, tested: np.ndarray) -> None:
    for ending, values in (("features", features[learned].mean(1)), ("turned", features[learned].var(1)), ("tested", features[tested].mean(1))):
        name.with_suffix(f".{ending}").write_bytes(values.astype("<f4").tobytes())
    name.with_suffix(".json").write_text(json.dumps({"labels": [types.index(label) for label in labels[learned]], "types": len(types), "blocks": blocks_of(divisors), "tested": len(tested)}))


def blocks_of(divisors: np.ndarray) -> list[int]:
    """Lengths of the blocks that weigh the same. The encoder's order is middle and last of each network, and measurements: none stands beside one of its length."""
    return np.diff([*np.flatnonzero(np.diff(divisors, prepend=-1)), len(divisors)]).tolist()


def by_scikit_learn(features: np.ndarray, divisors: np.ndarray, labels: np.ndarray, learned: np.ndarray, tested: np.ndarray) -> np.ndarray:
    """Types named by a regression on features standardised in the same way, its strength chosen in five folds."""
    rows = features[learned].mean(1)
    mean, spread = rows.mean(0), np.sqrt(rows.var(0) + TURN_WEIGHT * features[learned].var(1).mean(0))
    scale = np.where(spread > 1e-6, spread, 1) * divisors
    standard, given = (rows - mean) / scale, (features[tested].mean(1) - mean) / scale

    def fitted(part: np.ndarray, strength: float) -> LogisticRegression:
        return LogisticRegression(C=strength, max_iter=2000, class_weight="balanced").fit(standard[part], labels[part])

    folds = list(StratifiedKFold(5, shuffle=True, random_state=0).split(standard, labels))
    losses = [np.mean([log_loss(labels[held], fitted(part, strength).predict_proba(standard[held]), labels=np.unique(labels)) for part, held in folds]) for strength in STRENGTHS]
    return fitted(np.arange(len(labels)), STRENGTHS[int(np.argmin(losses))]).predict(given)


def by_dense_head(learned: np.ndarray, labels: np.ndarray, tested: np.ndarray, types: int, seed: int) -> np.ndarray:
    """Types named by a small network on one network's last layer of the picture as it is."""
    torch.manual_seed(seed)
    inputs, truth = torch.from_numpy(learned), torch.from_numpy(labels)
    head = nn.Sequential(nn.Linear(inputs.shape[1], HIDDEN), nn.ReLU(), nn.Linear(HIDDEN, types))
    optimiser = torch.optim.Adam(head.parameters(), 1e-3)
    for _ in range(EPOCHS):
        for batch in torch.randperm(len(inputs)).split(BATCH):
            optimiser.zero_grad()
            nn.functional.cross_entropy(head(inputs[batch]), truth[batch]).backward()
            optimiser.step()
    with torch.no_grad():
        return head(torch.from_numpy(tested)).argmax(1).numpy()


def balanced(named: np.ndarray, truth: np.ndarray) -> float:
    return float(np.mean([(named == label)[truth == label].mean() for label in np.unique(truth)]))


if __name__ == "__main__":
    main()
