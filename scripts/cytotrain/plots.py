"""The plots of a model card."""

from pathlib import Path

import matplotlib

matplotlib.use("Agg")
import numpy as np
from matplotlib import pyplot

from cytotrain.metrics import risk_coverage


def draw_reliability(file: Path, parts: dict[str, tuple[np.ndarray, np.ndarray]], bins: int = 15) -> None:
    """Reliability diagram: accuracy over mean probability in equal-width bins, and how many images each holds.

    Args:
        parts: for each part of the data its calibrated probabilities N×K and labels N.
    """
    figure, (axes, counts) = pyplot.subplots(2, 1, figsize=(4.5, 5.2), height_ratios=[3, 1], sharex=True)
    axes.plot([0, 1], [0, 1], color="0.7", linewidth=1)
    for (name, (probabilities, labels)), marker in zip(parts.items(), "os"):
        top, correct = probabilities.max(1), probabilities.argmax(1) == labels
        bin_of = np.clip(np.ceil(top * bins).astype(int) - 1, 0, bins - 1)
        used = np.unique(bin_of)
        mean, share = ([values[bin_of == b].mean() for b in used] for values in (top, correct))
        axes.plot(mean, share, marker + "-", label=name, markersize=4, linewidth=1)
        counts.step((used + 0.5) / bins, [(bin_of == b).sum() for b in used], where="mid", linewidth=1)
    axes.set(ylabel="share that is right", xlim=(0, 1), ylim=(0, 1.02))
    axes.legend(frameon=False)
    counts.set(xlabel="probability that was given", ylabel="images", yscale="log")
    finish(figure, file)


def draw_risk_coverage(file: Path, parts: dict[str, tuple[np.ndarray, np.ndarray]]) -> None:
    """Share of wrong verdicts among those decided, over the share of images decided."""
    figure, axes = pyplot.subplots(figsize=(4.5, 3.4))
    for name, (probabilities, labels) in parts.items():
        curve = np.array(risk_coverage(probabilities, labels))
        axes.plot(100 * curve[:, 0], 100 * curve[:, 1], label=name, linewidth=1.2)
    axes.set(xlabel="images decided, %", ylabel="of these wrong, %", xlim=(0, 100), ylim=(0, None))
    axes.legend(frameon=False)
    finish(figure, file)


def finish(figure, file: Path) -> None:
    for axes in figure.axes:
        axes.spines[["top", "right"]].set_visible(False)
    figure.tight_layout()
    # Without the date and the library's version the same numbers give the same file.
    figure.savefig(file, dpi=110, metadata={"Software": None})
    pyplot.close(figure)
