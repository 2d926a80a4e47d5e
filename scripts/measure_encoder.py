"""Measure what a logistic regression on an encoder's features learns from few images of types that they never saw.

    python scripts/prepare_data.py --data ../shared/data --out build/data
    python scripts/measure_encoder.py --data ../shared/data --prepared build/data
    python scripts/measure_encoder.py --data ../shared/data --prepared build/data --choose    # on validation parts, writes nothing

Of each type 20 and 50 images are drawn ten times from the training part; the first 20 of a draw are the 20. Balanced accuracy on the test part,
or, of the tasks that have no such part, on all images not drawn, its mean and the 95 % interval of that mean over the draws (Student's t). Writes `metrics` of
spec.json and the numbers of card.md. Features are kept in build/encoder.
"""

import argparse
import hashlib
import json
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from sklearn.linear_model import LogisticRegression

from cytotrain.card import replace_between, table
from cytotrain.encoder import Encoder
from cytotrain.model_folder import format_json
from cytotrain.prepare import decode
from cytotrain.tasks import MODELS_FOLDER, list_files

DRAWS, SIZES = 10, (20, 50)
LEAST_LEFT = 5
"""Images of a type that must be left to test on, else the type is left out."""
STRENGTH = 30.0
"""C of the regression. Features are standardised and divided by the root of their block's number and of the number of blocks."""
BLACK, ROOM_PX = 12, 8
"""Up to which level all is outside a cell that is cut out, and what is left around it."""
STUDENT_T = 2.262
"""For the middle 95 % with nine degrees of freedom."""
BY_IMAGE = "cell-cycle-by-image"
"""The cells of another task again, which do not count twice in the mean."""
BEGIN, END = "<!-- numbers: written by scripts/measure_encoder.py -->", "<!-- end of numbers -->"


@dataclass(frozen=True)
class Task:
    """Types to be learned.

    Attributes:
        title: for a person.
        folder: with index.csv.
        learned_from, tested_on: parts; the same where what was not drawn is tested on.
        is_cut_out: cells lie anywhere in black, and are framed tightly before.
    """

    title: str
    folder: Path
    learned_from: str
    tested_on: str
    is_cut_out: bool = False


@dataclass(frozen=True)
class Row:
    """A recipe of the table: blocks of the features, and whether the eight turns are rows of the regression."""

    title: str
    blocks: tuple[str, ...]
    is_turned: bool


IMAGENET, SMEAR, MEASURED = ("imagenet last",), ("blood-smear middle", "blood-smear last"), ("measurements",)
MIDDLE = ("imagenet middle", *IMAGENET)
ROWS = (
    Row("ImageNet's last layer", IMAGENET, False),
    Row("+ middle layers", MIDDLE, False),
    Row("+ eight turns", MIDDLE, True),
    Row("+ blood-smear's network", MIDDLE + SMEAR, True),
    Row("+ measurements", MIDDLE + SMEAR + MEASURED, True),
    Row("all of it, upright", MIDDLE + SMEAR + MEASURED, False),
    Row("measurements alone", MEASURED, False),
)

OWN = ("own middle", "own last")
COMPARED = (
    Row("recipe", MIDDLE + SMEAR + MEASURED, True),
    Row("own network alone", OWN, True),
    Row("own in place of blood-smear's", MIDDLE + OWN + MEASURED, True),
    Row("recipe and own", MIDDLE + SMEAR + OWN + MEASURED, True),
)
"""Of a network that is tried."""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", required=True, type=Path, help="folder of the data sets")
    parser.add_argument("--prepared", required=True, type=Path, help="what prepare_data.py wrote")
    parser.add_argument("--encoder", type=Path, default=MODELS_FOLDER / "cell-encoder")
    parser.add_argument("--choose", action="store_true", help="on validation parts")
    parser.add_argument("--compare", action="store_true", help="a third network of the encoder with the recipe, where train_encoder.py wrote one; writes nothing")
    parser.add_argument("--task", nargs="*", help="these only; all unless told")
    arguments = parser.parse_args()
    torch.set_num_threads(1)
    encoder = Encoder(arguments.encoder)
    rows = COMPARED if arguments.compare else ROWS
    wanted = tasks(arguments.data, arguments.prepared, arguments.choose)
    found = {name: measure(encoder, task, rows) for name, task in wanted.items() if arguments.task is None or name in arguments.task}
    text = numbers_of(found, rows)
    print(text)
    if not (arguments.choose or arguments.compare or arguments.task):
        encoder.spec["metrics"] = found
        (arguments.encoder / "spec.json").write_text(format_json(encoder.spec) + "\n")
        replace_between(arguments.encoder / "card.md", BEGIN, END, text)


def tasks(data: Path, prepared: Path, is_choice: bool) -> dict[str, Task]:
    part = "val" if is_choice else "test"
    lines = "cancer-lines-without-day-2" if is_choice else "cancer-lines"
    split = {
        "cancer-lines": Task("PC3 and MDA-MB-231, another day", prepared / lines, "train", part, True),
        "cell-cycle": Task("Jurkat phases", prepared / "cell-cycle", "train", part),
        "viability": Task("viability", prepared / "viability", "train", part),
    }
    if is_choice:
        return split
    laboratories = {f"laboratory-{name}": Task(f"laboratory {name}", data / "blood-smear-elsewhere", name, name) for name in "ab"}
    return laboratories | split | {BY_IMAGE: Task("Jurkat phases, drawn by image", prepared / "cell-cycle", "train", "train")}


class Drawn:
    """What is learned from and tested on: indices of a task's files.

    Attributes:
        draws: ten of type to files, as many as the largest size where there are enough.
    """

    def __init__(self, task: Task):
        self.files = list_files(task.folder)
        parts = np.array([part for _, _, part in self.files])
        self.labels = np.array([label for _, label, _ in self.files])
        self.pool, self.test = np.flatnonzero(parts == task.learned_from), np.flatnonzero(parts == task.tested_on)
        self.is_one_part = task.learned_from == task.tested_on
        self.draws = []
        for seed in range(DRAWS):
            draw = np.random.RandomState(seed)
            self.draws.append({label: draw.permutation(self.pool[self.labels[self.pool] == label])[:max(SIZES)] for label in sorted(set(self.labels[self.pool]))})

    def types(self, size: int) -> list[str]:
        left = size + LEAST_LEFT if self.is_one_part else size
        return [label for label in self.draws[0] if (self.labels[self.pool] == label).sum() >= left]

    def split(self, seed: int, size: int) -> tuple[np.ndarray, np.ndarray]:
        types = self.types(size)
        learned = np.concatenate([self.draws[seed][label][:size] for label in types])
        return learned, np.setdiff1d(self.test[np.isin(self.labels[self.test], types)], learned)

    def needed(self) -> np.ndarray:
        return np.unique(np.concatenate([self.test, *(files for draw in self.draws for files in draw.values())]))


def features_of(encoder: Encoder, drawn: Drawn, task: Task) -> np.ndarray:
    """Features of the eight turns of the files that are needed, by index: files×8×D float32, and zeros."""
    needed = drawn.needed()
    sources = [Path(__file__).parent / "cytotrain" / f"{name}.py" for name in ("encoder", "measurements", "prepare")]
    described = json.dumps([encoder.spec[key] for key in ("networks", "input", "normalisation")] + [str(drawn.files[index][0]) for index in needed])
    key = hashlib.sha256(described.encode() + b"".join(source.read_bytes() for source in sources)).hexdigest()[:16]
    kept = Path("build/encoder") / f"{key}.npy"
    if not kept.exists():
        kept.parent.mkdir(parents=True, exist_ok=True)
        np.save(kept, np.stack([encoder.features(picture(drawn.files[index][0], task.is_cut_out)) for index in needed]))
    values = np.load(kept)
    found = np.zeros((len(drawn.files), *values.shape[1:]), np.float32)
    found[needed] = values
    return found


def picture(file: Path, is_cut_out: bool) -> np.ndarray:
    """An image, H×W×C; a cell that is cut out in a square around it."""
    return framed(decode(file)) if is_cut_out else decode(file)


def framed(image: np.ndarray) -> np.ndarray:
    """The square around what is not black."""
    y, x = np.nonzero(image.max(2) > BLACK)
    if len(y) == 0:
        return image
    half = max(np.ptp(y), np.ptp(x)) // 2 + ROOM_PX
    top, left = (y.min() + y.max()) // 2, (x.min() + x.max()) // 2
    return np.pad(image, ((half, half), (half, half), (0, 0)))[top:top + 2 * half, left:left + 2 * half]


def columns_of(spec: dict, blocks: tuple[str, ...]) -> tuple[np.ndarray, np.ndarray]:
    """Places of blocks among the features, and what each is divided by."""
    of_block, first = {}, 0
    for network in spec["networks"]:
        name = network["file"].removesuffix(".onnx")
        middle = network["features"] - network["last"]
        of_block |= {f"{name} middle": range(first, first + middle), f"{name} last": range(first + middle, first + network["features"])}
        first += network["features"]
    of_block["measurements"] = range(first, first + len(spec["measurements"]["names"]))
    own = [of_block[block] for block in blocks]
    return np.concatenate(own), np.concatenate([np.full(len(places), np.sqrt(len(places) * len(blocks)), np.float32) for places in own])


def balanced_accuracy(features: np.ndarray, labels: np.ndarray, divisors: np.ndarray, learned: np.ndarray, tested: np.ndarray, is_turned: bool) -> float:
    """Of a regression on features files×8×D, standardised and divided.

    With turns each is a row to learn from, and what is named is the mean over the turns of an image, which is also the mean of their
    logits; without, the upright image alone is both.
    """
    rows = features[learned].reshape(-1, features.shape[2]) if is_turned else features[learned, 0]
    given = features[tested].mean(1) if is_turned else features[tested, 0]
    mean, spread = rows.mean(0), rows.std(0)
    scale = np.where(spread > 1e-6, spread, 1) * divisors
    model = LogisticRegression(C=STRENGTH, max_iter=2000)
    model.fit((rows - mean) / scale, labels[learned].repeat(features.shape[1] if is_turned else 1))
    named = model.predict((given - mean) / scale)
    return float(np.mean([(named == label)[labels[tested] == label].mean() for label in model.classes_]))


def measure(encoder: Encoder, task: Task, recipes: tuple[Row, ...] = ROWS) -> dict:
    """Figures of a task: for each size its types, images tested on and, by row, mean and ends of its interval."""
    drawn = Drawn(task)
    features = features_of(encoder, drawn, task)
    found = {"title": task.title, "sizes": {}}
    for size in SIZES:
        types = drawn.types(size)
        if len(types) < 2:
            continue
        splits = [drawn.split(seed, size) for seed in range(DRAWS)]
        rows = {}
        for row in recipes:
            columns, divisors = columns_of(encoder.spec, row.blocks)
            chosen = features[:, :, columns]
            scores = np.array([balanced_accuracy(chosen, drawn.labels, divisors, learned, tested, row.is_turned) for learned, tested in splits])
            half = STUDENT_T * scores.std(ddof=1) / np.sqrt(DRAWS)
            rows[row.title] = [round(float(value), 4) for value in (scores.mean(), scores.mean() - half, scores.mean() + half)]
            print(f"{task.title}, {size} images a type, {row.title}: {100 * scores.mean():.1f} ± {100 * half:.1f} %", flush=True)
        found["sizes"][str(size)] = {"types": types, "tested": len(splits[0][1]), "rows": rows}
    return found


def numbers_of(metrics: dict, recipes: tuple[Row, ...] = ROWS) -> str:
    """The numbers of card.md as Markdown."""
    parts = []
    for size in map(str, SIZES):
        measured = [task for task in metrics.values() if size in task["sizes"]]
        once = [task for name, task in metrics.items() if size in task["sizes"] and name != BY_IMAGE]
        header = [f"{size} images a type", *(f"{task['title']} ({len(task['sizes'][size]['types'])} types)" for task in measured), "mean"]
        rows = []
        for row in recipes:
            figures = [task["sizes"][size]["rows"][row.title] for task in measured]
            mean = sum(task["sizes"][size]["rows"][row.title][0] for task in once) / len(once)
            rows.append([row.title, *(f"{100 * middle:.1f} ± {50 * (high - low):.1f}" for middle, low, high in figures), f"{100 * mean:.1f}"])
        parts.append("\n".join(table(header, rows)))
    return "\n\n".join(parts)


if __name__ == "__main__":
    main()
