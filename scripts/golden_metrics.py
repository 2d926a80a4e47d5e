"""Write tests/golden/metrics/cases.json: what scikit-learn, scipy and numpy say of generated cells whose types are known.

    pip install scikit-learn scipy
    python scripts/golden_metrics.py

The cells themselves are not in the file: Python and C++ draw the same from a seed. There are cases with ties, types that do not occur, one type
only, and thousands of cells, with and without weights. src/core/metrics must say the same.
"""

import math
import warnings
from pathlib import Path

import numpy as np
from scipy import stats
from sklearn import metrics

from cytotrain.model_folder import format_json

FILE = Path(__file__).resolve().parents[1] / "tests" / "golden" / "metrics" / "cases.json"
BINS = 15
Z_95 = 1.959963984540054


class SplitMix:
    """Steele, Lea and Flood 2014; the twin of that in src/core/metrics/intervals.cpp and tests/unit/test_metrics.cpp."""

    def __init__(self, seed: int):
        self.state = seed

    def next(self) -> int:
        mask = (1 << 64) - 1
        self.state = (self.state + 0x9E3779B97F4A7C15) & mask
        z = self.state
        z = ((z ^ (z >> 30)) * 0xBF58476D1CE4E5B9) & mask
        z = ((z ^ (z >> 27)) * 0x94D049BB133111EB) & mask
        return z ^ (z >> 31)

    def below(self, count: int) -> int:
        return int((self.next() >> 11) * 2.0**-53 * count)


def draw_cells(case: dict) -> tuple[np.ndarray, np.ndarray, np.ndarray | None]:
    """True types N, probabilities N×K, and weights N or None."""
    random = SplitMix(case["seed"])
    truth, rows, weights = [], [], []
    for _ in range(case["cells"]):
        of = random.below(case["occurring"])
        # Few levels make ties.
        values = [1 + random.below(case["levels"]) + (case["skill"] if k == of else 0) for k in range(case["types"])]
        truth.append(of)
        rows.append([value / sum(values) for value in values])
        weights.append(random.below(4) if case["weighted"] else 1)
    return np.array(truth), np.array(rows), np.array(weights, float) if case["weighted"] else None


def scores_of(truth: np.ndarray, probabilities: np.ndarray, weights: np.ndarray | None) -> dict:
    types = probabilities.shape[1]
    named, every = probabilities.argmax(1), np.arange(types)
    counted = np.ones(len(truth)) if weights is None else weights
    met = counted > 0
    weighed = {"sample_weight": weights}
    matrix = metrics.confusion_matrix(truth, named, labels=every, **weighed)
    precision, recall, f1, _ = metrics.precision_recall_fscore_support(truth, named, labels=every, zero_division=0, **weighed)
    curves = []
    for k in every:
        is_type = truth == k
        if not (counted[is_type].sum() > 0 and counted[~is_type].sum() > 0):
            curves.append(None)
            continue
        curves.append([metrics.roc_auc_score(is_type, probabilities[:, k], **weighed), metrics.average_precision_score(is_type, probabilities[:, k], **weighed)])
    top = probabilities.max(1)
    one_hot = np.eye(types)[truth]
    return {
        "matrix": matrix.astype(float).ravel().tolist(), "accuracy": metrics.accuracy_score(truth, named, **weighed),
        # Cells that count for nothing are no cells: scikit-learn would divide by their absence.
        "balanced_accuracy": metrics.balanced_accuracy_score(truth[met], named[met], sample_weight=counted[met]),
        "macro_f1": metrics.f1_score(truth[met], named[met], average="macro", sample_weight=counted[met], zero_division=0),
        "matthews": metrics.matthews_corrcoef(truth, named, **weighed),
        "precision": precision.tolist(), "recall": recall.tolist(), "f1": f1.tolist(), "curves": curves,
        "brier": float(np.average(((probabilities - one_hot) ** 2).sum(1), weights=weights)),
        "calibration_error": calibration_error(top, named == truth, counted),
        "classwise_error": float(np.mean([calibration_error(probabilities[:, k], truth == k, counted) for k in every])),
        "risk_area": risk_area(top, named != truth, counted),
    }


def calibration_error(probability: np.ndarray, is_hit: np.ndarray, weights: np.ndarray) -> float:
    bins = np.minimum((probability * BINS).astype(int), BINS - 1)
    sums = lambda values: np.bincount(bins, weights * values, BINS)
    return float(np.abs(sums(probability) - sums(is_hit)).sum() / weights.sum())


def risk_area(probability: np.ndarray, is_wrong: np.ndarray, weights: np.ndarray) -> float:
    area = 0.0
    for level in np.unique(probability):
        named = probability >= level
        area += weights[probability == level].sum() / weights.sum() * np.average(is_wrong[named], weights=weights[named]) if weights[named].sum() else 0
    return float(area)


def kappa_of(matrix: np.ndarray) -> list[float] | None:
    one, other = np.nonzero(matrix)
    one, other, counts = (np.repeat(values, matrix[one, other]) for values in (one, other, np.ones(len(one), int)))
    if len(set(one)) == len(set(other)) == 1 and set(one) == set(other):
        return None
    kappa = metrics.cohen_kappa_score(one, other)
    # Fleiss, Cohen and Everitt 1969, in matrices.
    shares = matrix / matrix.sum()
    rows, columns = shares.sum(1), shares.sum(0)
    chance = rows @ columns
    on = (np.diag(shares) * (1 - (rows + columns) * (1 - kappa)) ** 2).sum()
    sides = (columns[:, None] + rows[None]) ** 2
    off = (1 - kappa) ** 2 * (shares * sides * (1 - np.eye(len(rows)))).sum()
    error = math.sqrt(max(0, on + off - (kappa - chance * (1 - kappa)) ** 2) / matrix.sum()) / (1 - chance)
    return [kappa, max(-1, kappa - Z_95 * error), min(1, kappa + Z_95 * error)]


def resampled(truth: np.ndarray, probabilities: np.ndarray, groups: np.ndarray, draws: int, seed: int) -> list[list[float]]:
    """95 % intervals of accuracy and Matthews' coefficient over groups."""
    random, named = SplitMix(seed), probabilities.argmax(1)
    members: dict[int, list[int]] = {}
    for cell, group in enumerate(groups.tolist()):
        members.setdefault(group, []).append(cell)
    parts, found = list(members.values()), []
    for _ in range(draws):
        rows = [cell for _ in parts for cell in parts[random.below(len(parts))]]
        found.append([metrics.accuracy_score(truth[rows], named[rows]), metrics.matthews_corrcoef(truth[rows], named[rows])])
    return [np.quantile([row[i] for row in found], [0.025, 0.975]).tolist() for i in (0, 1)]


def main() -> None:
    warnings.simplefilter("ignore")
    random, cases = SplitMix(7), []
    for number in range(60):
        types = 2 + random.below(7)
        case = {
            "seed": 1000 + number, "types": types, "cells": [1, 2, 7, 40, 300, 4000][random.below(6)],
            "occurring": [1, types, types, max(1, types - 1)][random.below(4)], "levels": [2, 6, 1000][random.below(3)], "skill": [0, 2, 300][random.below(3)],
            "weighted": number % 3 == 2,
        }
        cells = draw_cells(case)
        if cells[2] is not None and cells[2].sum() == 0:
            continue
        cases.append({**case, "scores": scores_of(*cells)})
    shares = []
    for hits, trials in [(0, 1), (1, 1), (0, 30), (30, 30), (1, 3), (17, 40), (83, 100), (1093, 1120), (5, 100000), (60000, 100000)]:
        test = stats.binomtest(hits, trials)
        exact, wilson = test.proportion_ci(method="exact"), test.proportion_ci(method="wilson")
        shares.append({"hits": hits, "trials": trials, "exact": [exact.low, exact.high], "wilson": [wilson.low, wilson.high]})
    pairs = [{"one": one, "other": other, "p": stats.binomtest(one, one + other).pvalue if one + other else 1.0}
             for one, other in [(0, 0), (0, 5), (5, 0), (3, 3), (7, 2), (40, 61), (1000, 900)]]
    readers = []
    for matrix in ([[20, 5], [10, 15]], [[50, 0], [0, 0]], [[10, 0], [0, 7]], [[0, 4], [6, 0]], [[30, 2, 1], [4, 25, 3], [0, 6, 29]], [[44, 5, 1, 0], [7, 20, 3, 0], [9, 5, 6, 0], [0, 0, 0, 0]]):
        readers.append({"matrix": np.ravel(matrix).tolist(), "kappa": kappa_of(np.array(matrix))})
    draw = {"seed": 5, "types": 3, "cells": 120, "occurring": 3, "levels": 6, "skill": 2, "weighted": False}
    truth, probabilities, _ = draw_cells(draw)
    groups = np.arange(120) % 11
    bootstrap = {**draw, "groups": 11, "draws": 200, "draw_seed": 9, "intervals": resampled(truth, probabilities, groups, 200, 9)}
    FILE.parent.mkdir(parents=True, exist_ok=True)
    FILE.write_text(format_json({"cases": cases, "shares": shares, "mcnemar": pairs, "readers": readers, "bootstrap": bootstrap}) + "\n")
    print(f"{len(cases)} cases, {FILE.stat().st_size} bytes")


if __name__ == "__main__":
    main()
