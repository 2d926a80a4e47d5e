"""Whether a set of images as a whole is of the kind that a model learned from; the twin of src/core/judge/batch.cpp.

Deviations from the nearest class are whitened, kept within MOST, and averaged; the squared length of the mean is the shift.
Source: Hotelling 1931 for the length of the mean of whitened values; Huber 1964 for keeping them within bounds; Rabanser et al. 2019,
Failing loudly: an empirical study of methods for detecting dataset shift.
"""

import numpy as np

from cytotrain.novelty import Novelty
from cytotrain.quality import MEASURES

MOST = 3.0
LEAST_CELLS = 20
SIZES = (20, 30, 50, 100, 200, 400)
DRAWS = 2000
USUAL_SHARE = 0.998
ROOM = 1.25
"""What the limit is above the validation part's: that is one sample, and the next dish of the same laboratory is another."""
CAREFUL_BELOW = 0.99
"""Probability asked for in a foreign set by a model of which no other laboratory's images are at hand."""


def deviations(statistics: Novelty, features: np.ndarray, measured: np.ndarray) -> np.ndarray:
    """N×(d+M) of N×D pooled features and N×M measures; see src/core/judge/novelty.h."""
    along = (features.astype(np.float64) - statistics.mean) @ statistics.basis.T.astype(np.float64)
    off = (along[:, None] - statistics.class_means) * statistics.scale
    nearest = (off**2).sum(2).argmin(1)
    appearance = (measured - statistics.appearance_mean) @ statistics.appearance.T.astype(np.float64)
    return np.concatenate([off[np.arange(len(off)), nearest], appearance], 1)


def shift(deviation: np.ndarray) -> float:
    """Squared length of the mean of N×(d+M) deviations."""
    return float((deviation.clip(-MOST, MOST).mean(0) ** 2).sum())


def shifts(deviation: np.ndarray, labels: np.ndarray, size: int, draw: np.random.RandomState, draws: int = DRAWS) -> np.ndarray:
    """Shifts of sets of `size` drawn with replacement: a third as the types are, a third of any mixture, a third of one or two types."""
    clipped = deviation.clip(-MOST, MOST)
    of_type = [np.flatnonzero(labels == label) for label in np.unique(labels)]
    found = np.empty(draws)
    for number in range(draws):
        if number % 3 == 0:
            chosen = draw.randint(len(clipped), size=size)
        else:
            weights = draw.dirichlet(np.full(len(of_type), 1.0 if number % 3 == 1 else 0.1))
            counts = draw.multinomial(size, weights)
            chosen = np.concatenate([rows[draw.randint(len(rows), size=count)] for rows, count in zip(of_type, counts)])
        found[number] = (clipped[chosen].mean(0) ** 2).sum()
    return found


def fit(deviation: np.ndarray, labels: np.ndarray, measured: np.ndarray) -> dict:
    """What the spec holds as `novelty.batch`, but for `abstain_below`.

    Args:
        deviation, labels: of the validation part, N×(d+M) and N.
        measured: N×M of the training part, whose mean and spread say in which way a foreign set differs.
    """
    draw = np.random.RandomState(1)
    limits = np.array([np.quantile(shifts(deviation, labels, size, draw), USUAL_SHARE) for size in SIZES]) * ROOM
    one_over = 1 / np.array(SIZES)
    noise = max(0.0, float((limits[0] - limits[-1]) / (one_over[0] - one_over[-1])))
    least = float((limits - noise * one_over).max())
    return {
        "least_cells": LEAST_CELLS, "shift": round(least, 3), "noise": round(noise, 3),
        "measures": {name: [round(float(mean), 4), round(float(spread), 4)] for name, mean, spread in zip(MEASURES, measured.mean(0), measured.std(0))},
    }


def limit(rules: dict, cells: int) -> float:
    return rules["shift"] + rules["noise"] / cells


def noticed(deviation: np.ndarray, labels: np.ndarray, rules: dict, size: int, draws: int = 1000) -> float:
    """Share of sets of `size` that are called foreign."""
    return float((shifts(deviation, labels, size, np.random.RandomState(2), draws) > limit(rules, size)).mean())
