"""Measure what the maps and the turned pictures of the shipped models are worth, on their test parts; writes their rows of docs/why.md's tables.

    python scripts/prepare_data.py --data ../shared/data --out build/data
    python scripts/measure_why.py blood-smear=../shared/data/blood-smear cell-cycle=build/data/cell-cycle …

Runs the built command line. Maps: deletion by the map against deletion at random, for 100 cells of each test part, drawn the same
way every time. Turns: whether a verdict that changes with the picture's orientation is more often wrong, on the whole test part.
"""

import argparse
import csv
import json
import random
import subprocess
from pathlib import Path

import numpy as np

from cytotrain.card import replace_between
from cytotrain.metrics import area_under_curve, bootstrap_interval, wilson_interval
from cytotrain.tasks import MODELS_FOLDER, list_samples

ROOT = MODELS_FOLDER.parent
DOCUMENT = ROOT / "docs" / "why.md"
CELLS = 100
MARKS = {name: (f"<!-- {name}: written by scripts/measure_why.py -->", f"<!-- end of {name} -->") for name in ("maps", "turns")}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("data", nargs="+", metavar="MODEL=FOLDER", help="a model and the labelled images that it was made from")
    tables = {name: rows_of(name) for name in MARKS}
    for model, folder in (word.split("=", 1) for word in parser.parse_args().data):
        spec = json.loads((MODELS_FOLDER / model / "spec.json").read_text())
        test = sorted((sample.file, spec["classes"][sample.label]["id"]) for sample in list_samples(Path(folder), spec) if sample.part == "test")
        drawn = random.Random(model).sample(test, min(CELLS, len(test)))
        tables["maps"][model] = maps_row(model, classify(model, [file for file, _ in drawn], "--explain"))
        rows = classify(model, [file for file, _ in test], "--turns")
        tables["turns"][model] = turns_row(model, rows, np.array([row["most_like"] == label for row, (_, label) in zip(rows, test, strict=True)]))
        for name, rows_by_model in tables.items():
            print(name, rows_by_model[model], flush=True)
    headings = {
        "maps": ["model", "beats the mean of random orders", "beats 15 of 19 or more (chance: 25 %)", "beats all 19 (chance: 5 %)", "area between the curves", "beats the middle first", "area between map and middle", "called the same with nothing left"],
        "turns": ["model", "wrong", "changes when turned", "wrong when it changes", "wrong when it does not", "probability finds errors", "least of the eight finds errors", "difference"],
    }
    for name, rows_by_model in tables.items():
        table = [f"| {' | '.join(headings[name])} |", f"| --- |{' ---: |' * (len(headings[name]) - 1)}", *rows_by_model.values()]
        replace_between(DOCUMENT, *MARKS[name], "\n".join(table))


def rows_of(name: str) -> dict[str, str]:
    """The rows of a table as it stands, by model: those of models that are not measured now stay."""
    begin, end = MARKS[name]
    lines = DOCUMENT.read_text().partition(begin)[2].partition(end)[0].split("\n")
    return {line.split(" | ")[0].removeprefix("| "): line for line in lines if line.startswith("| ") and not line.startswith(("| model ", "| --- "))}


def classify(model: str, files: list[Path], *options: str) -> list[dict]:
    """Rows of the command line's CSV, in the order of the files."""
    installed = ROOT / "node_modules" / ".bin" / "node"
    command = [installed if installed.exists() else "node", ROOT / "dist" / "cytodrop.mjs", "classify", "--model", model, "--format", "csv", *options, *files]
    output = subprocess.run(list(map(str, command)), capture_output=True, text=True, check=True).stdout
    return list(csv.DictReader(output.splitlines()))


def maps_row(model: str, rows: list[dict]) -> str:
    by_map, at_random, middle = (np.array([float(row[f"{name}_area"]) for row in rows]) for name in ("map", "random", "middle"))
    beaten = np.array([int(row["map_beats"]) for row in rows])
    cells = [
        share((by_map < at_random).sum(), len(rows)), share((beaten >= 15).sum(), len(rows)), share((beaten == 19).sum(), len(rows)), mean(at_random - by_map),
        share((by_map < middle).sum(), len(rows)), mean(middle - by_map),
        share(sum(float(row["empty_probability"]) >= 0.5 for row in rows), len(rows)),
    ]
    return f"| {model} | {' | '.join(cells)} |"


def turns_row(model: str, rows: list[dict], right: np.ndarray) -> str:
    changes = np.array([row["turns_disagree"] == "true" for row in rows])
    scores = np.array([[float(row["probability"]), float(row["turns_least_probability"])] for row in rows])
    cells = [
        f"{(~right).sum()} of {len(right)}", share(changes.sum(), len(right)), share((~right & changes).sum(), changes.sum()),
        share((~right & ~changes).sum(), (~changes).sum()), *finds(scores, right),
    ]
    return f"| {model} | {' | '.join(cells)} |"


def finds(scores: np.ndarray, right: np.ndarray) -> list[str]:
    """The chance that a wrong cell has a lower score than a right one, for each of two scores, and by how much the second is better."""
    if right.all() or not right.any():
        return ["none is wrong"] * 3

    def area(wrong: np.ndarray, good: np.ndarray) -> np.ndarray:
        first, second = (area_under_curve(wrong[:, i], good[:, i]) for i in range(2))
        return np.array([first, second, second - first])

    found = area(scores[~right], scores[right])
    ends = [bootstrap_interval(lambda *parts, i=i: area(*parts)[i], scores[~right], scores[right]) for i in range(3)]
    return [f"{value:{sign}.3f} ({low:{sign}.3f}{to}{high:{sign}.3f})" for value, (low, high), sign, to in zip(found, ends, ["", "", "+"], ["–", "–", " to "])]


def share(count: int, total: int) -> str:
    """"12 of 40, 30 % (18–45 %)"."""
    if total == 0:
        return "none"
    low, high = wilson_interval(int(count), int(total))
    return f"{count} of {total}, {100 * count / total:.0f} % ({100 * low:.0f}–{100 * high:.0f} %)"


def mean(values: np.ndarray) -> str:
    low, high = bootstrap_interval(np.mean, values)
    return f"{values.mean():+.3f} ({low:+.3f} to {high:+.3f})"


if __name__ == "__main__":
    main()
