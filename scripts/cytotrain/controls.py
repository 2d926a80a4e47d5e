"""What a far simpler method reaches: the bar that a network has to clear, and the leak that a number may rest on."""

import numpy as np
from sklearn.ensemble import RandomForestClassifier

CORNER_SHARE = 8
"""Corners of an eighth of the side."""


def describe_planes(planes: np.ndarray) -> np.ndarray:
    """Simple features N×F of N×H×W: brightness, spread, quantiles, sharpness, and all by distance from the middle."""
    count, height, width = planes.shape
    distance = np.hypot(*np.meshgrid(np.linspace(-1, 1, height), np.linspace(-1, 1, width), indexing="ij"))
    rings = [planes[:, (distance >= low) & (distance < low + 0.1)] for low in np.arange(0, 1, 0.1)]
    gradient = np.hypot(np.gradient(planes, axis=1), np.gradient(planes, axis=2))
    columns = [
        np.quantile(planes, np.linspace(0.01, 0.99, 9), axis=(1, 2)).T,
        *([ring.mean(1)[:, None], ring.std(1)[:, None]] for ring in rings),
        gradient.mean((1, 2))[:, None], np.quantile(gradient, [0.5, 0.9, 0.99], axis=(1, 2)).T,
    ]
    flat = [part for column in columns for part in (column if isinstance(column, list) else [column])]
    # The area that differs from the background, at three levels: the size of the cell.
    spread = planes.std((1, 2), keepdims=True) + 1e-9
    areas = [(np.abs(planes) > level * spread).mean((1, 2))[:, None] for level in (0.5, 1.0, 2.0)]
    return np.concatenate(flat + areas, 1)


def describe_corners(planes: np.ndarray) -> np.ndarray:
    """Simple features N×F of the four corners of N×H×W, where the cell is not."""
    side = planes.shape[1] // CORNER_SHARE
    corners = [planes[:, y, x] for y in (slice(None, side), slice(-side, None)) for x in (slice(None, side), slice(-side, None))]
    flat = [corner.reshape(len(planes), -1) for corner in corners]
    return np.concatenate([part for c in flat for part in (c.mean(1)[:, None], c.std(1)[:, None], np.quantile(c, [0.1, 0.5, 0.9], axis=1).T)], 1)


def forest(train: np.ndarray, labels: np.ndarray, others: np.ndarray) -> np.ndarray:
    """Class probabilities M×K of a random forest of 500 trees fitted to N×F features."""
    model = RandomForestClassifier(500, min_samples_leaf=2, class_weight="balanced", random_state=1, n_jobs=1)
    return model.fit(train, labels).predict_proba(others)
