"""Whether a set of images as a whole is of the kind that a model learned from; the twin of src/core/judge/batch.cpp.

Deviations from the nearest class are whitened, kept within MOST, and averaged over all pairs of cells: the shift. Features and look each
have one: a stain moves three measures of the look, and would be lost among a hundred features that training made blind to it.
Source: Chen and Qin 2010, A two-sample test for high-dimensional data, for the mean over pairs; Huber 1964 for keeping deviations within
bounds; Rabanser et al. 2019, Failing loudly: an empirical study of methods for detecting dataset shift.
"""

from dataclasses import replace

import numpy as np

from cytotrain.novelty import APPEARANCE, Novelty
from cytotrain.quality import MEASURES

MOST = 3.0
LEAST_CELLS = 20
SIZES = (20, 30, 50, 100, 200, 400)
DRAWS = 2000
USUAL_SHARE = 0.998
ROOM = 1.25
"""What the limit is above the validation part's: that is one sample, and the next dish of the same laboratory is another."""
ROOM_OF_MANY = 1.2
"""And what more it is for very many cells, of which nothing but what tells dishes apart is left: one sample says least of that."""
LEAST_LOOK_SHIFT = 0.5
"""What the look of another day may be off however many cells there are, as the square of standard deviations."""
CAREFUL_BELOW = 0.99
"""Probability asked for in a foreign set by a model of which no other laboratory's images are at hand."""

LIGHT = 0.2
"""What the light of another day may differ by: a factor of brightness, contrast and colour, and of red and blue over green."""
SIZE = 0.05
OWN_SHARE = 0.1
"""What any measure may, as a share of its variance among cells of a class."""


def look_measures(spec: dict) -> list[str]:
    """The measures that matter to a model: not those that its normalisation takes off."""
    is_plain = spec["input"].get("range", "as_stored") != "stained_cell"
    light = {
        "mean_std": ["brightness", "contrast", *(["colour", "red", "blue"] if spec["input"]["channels"] == "rgb" else [])] if is_plain else [],
        "inside_mean_spread": ["contrast"],
        "corner_median_spread": [],
    }[spec["normalisation"]["rule"]]
    return [*APPEARANCE, *light, *(["size"] if spec["crop"]["rule"] == "centre_square" else [])]


def fit_look(statistics: Novelty, features: np.ndarray, measured: np.ndarray, spec: dict) -> Novelty:
    """Add how the training part looks, N×D features and N×M measures: the mean of each class, and the rest's covariance within classes
    and from day to day, which makes lengths of the measures' deviations."""
    used = [MEASURES.index(name) for name in look_measures(spec)]
    nearest, _ = statistics.nearest(features)
    means = np.stack([measured[nearest == label if (nearest == label).any() else slice(None)].mean(0) for label in range(len(statistics.class_means))])
    within = (measured - means[nearest])[:, used]
    covariance = within.T @ within / len(within)
    middle = np.abs(measured.mean(0))
    days = {**{name: LIGHT * middle[MEASURES.index(name)] for name in ("brightness", "contrast", "colour")}, "red": LIGHT, "blue": LIGHT, "size": SIZE}
    off = np.array([days.get(name, 0.01) for name in look_measures(spec)])
    covariance += np.diag(np.maximum(off**2, OWN_SHARE * np.diag(covariance)))
    spread = np.sqrt(np.diag(covariance))
    # Of all matrices that whiten this one turns the measures least, so that keeping within bounds keeps each measure within.
    variances, axes = np.linalg.eigh(covariance / np.outer(spread, spread))
    look = np.zeros((len(MEASURES), len(MEASURES)))
    look[np.ix_(used, used)] = (axes / np.sqrt(variances)) @ axes.T / spread
    return replace(statistics, look_means=means.astype(np.float32), look=look.astype(np.float32))


def deviations(statistics: Novelty, features: np.ndarray, measured: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """N×(d+M) of the features, and N×M of the look, of N×D pooled features and N×M measures; see src/core/judge/novelty.h."""
    nearest, along = statistics.nearest(features)
    of_features = np.concatenate([along, statistics.appearances(measured)], 1)
    if statistics.look is None:
        return of_features, np.zeros((len(measured), 0))
    return of_features, (measured - statistics.look_means[nearest]) @ statistics.look.T.astype(np.float64)


def shift(deviation: np.ndarray) -> float:
    """Of N×d deviations: the mean of v · v' over all pairs of cells, at least 0."""
    return float(_shifts(deviation.clip(-MOST, MOST), np.arange(len(deviation))[None])[0])


def _shifts(clipped: np.ndarray, sets: np.ndarray) -> np.ndarray:
    size = sets.shape[1]
    if size < 2:
        return np.zeros(len(sets))
    squares = (clipped**2).sum(1)
    lengths = np.array([(clipped[chosen].sum(0) ** 2).sum() for chosen in sets])
    return np.maximum(0, lengths - squares[sets].sum(1)) / (size * (size - 1))


def draw_sets(labels: np.ndarray, size: int, draw: np.random.RandomState, draws: int = DRAWS) -> np.ndarray:
    """Positions of the cells of sets drawn with replacement: a third as the types are, a third of any mixture, a third of one or two types."""
    of_type = [np.flatnonzero(labels == label) for label in np.unique(labels)]
    sets = np.empty((draws, size), int)
    for number in range(draws):
        if number % 3 == 0:
            sets[number] = draw.randint(len(labels), size=size)
        else:
            weights = draw.dirichlet(np.full(len(of_type), 1.0 if number % 3 == 1 else 0.1))
            counts = draw.multinomial(size, weights)
            sets[number] = np.concatenate([rows[draw.randint(len(rows), size=count)] for rows, count in zip(of_type, counts)])
    return sets


def fit(deviation: tuple[np.ndarray, np.ndarray], labels: np.ndarray, measured: np.ndarray) -> dict:
    """What the spec holds as `novelty.batch`, but for `abstain_below`.

    Args:
        deviation, labels: of the validation part, features and look, and N.
        measured: N×M of the training part, whose mean and spread say in which way a foreign set differs.
    """
    draw = np.random.RandomState(1)
    sets = [draw_sets(labels, size, draw) for size in SIZES]
    features, look = (fit_limit(values, sets, least) for values, least in zip(deviation, (0.0, LEAST_LOOK_SHIFT)))
    return {
        "least_cells": LEAST_CELLS, **features, "look": look,
        "measures": {name: [round(float(mean), 4), round(float(spread), 4)] for name, mean, spread in zip(MEASURES, measured.mean(0), measured.std(0))},
    }


def fit_limit(deviation: np.ndarray, sets: list[np.ndarray], least: float) -> dict:
    """Shift of at least `least` and noise such that a limit of shift + noise / size leaves room above USUAL_SHARE of the sets of each of SIZES."""
    clipped, one_over = deviation.clip(-MOST, MOST), 1 / np.array(SIZES)
    limits = np.array([np.quantile(_shifts(clipped, chosen), USUAL_SHARE) for chosen in sets]) * ROOM
    noise = max(0.0, float((limits[0] - limits[-1]) / (one_over[0] - one_over[-1])))
    shift = max(least, ROOM_OF_MANY * float((limits - noise * one_over).max()))
    return {"shift": round(shift, 3), "noise": round(max(0.0, float(((limits - shift) / one_over).max())), 3)}


def limit(rules: dict, cells: int) -> float:
    return rules["shift"] + rules["noise"] / cells


def noticed(deviation: tuple[np.ndarray, np.ndarray], labels: np.ndarray, rules: dict, size: int, draws: int = 1000) -> float:
    """Share of sets of `size` that are called foreign."""
    sets = draw_sets(labels, size, np.random.RandomState(2), draws)
    is_foreign = [_shifts(values.clip(-MOST, MOST), sets) > limit(allowed, size) for values, allowed in zip(deviation, (rules, rules["look"]))]
    return float(np.any(is_foreign, 0).mean())
