"""How good and how honest predictions are; plain numpy, no network."""

import math

import numpy as np


def softmax(logits: np.ndarray) -> np.ndarray:
    """Probabilities of N×K logits."""
    powers = np.exp(logits - logits.max(1, keepdims=True))
    return powers / powers.sum(1, keepdims=True)


def two_columns(logits: np.ndarray) -> np.ndarray:
    """Logits N×K of the classes; one logit, a sigmoid's, stands for the second of two."""
    return logits if logits.shape[1] > 1 else np.concatenate([np.zeros_like(logits), logits], 1)


def wilson_interval(successes: int, trials: int, z: float = 1.959963984540054) -> tuple[float, float]:
    """Confidence interval of a share, 95 % by default.

    Source: Wilson 1927; Brown, Cai, DasGupta 2001, Statistical Science 16, equation 4.
    """
    share, square = successes / trials, z * z
    centre = (share + square / (2 * trials)) / (1 + square / trials)
    half = z * math.sqrt(share * (1 - share) / trials + square / (4 * trials * trials)) / (1 + square / trials)
    return max(0.0, centre - half), min(1.0, centre + half)


def share(is_so: np.ndarray) -> dict:
    """How many of N answers are true, with the 95 % interval of Wilson; of no answer the share is None."""
    count = int(is_so.sum())
    interval = [round(bound, 4) for bound in wilson_interval(count, len(is_so))] if len(is_so) else [0.0, 1.0]
    return {"count": count, "of": len(is_so), "share": round(count / len(is_so), 4) if len(is_so) else None, "interval_95": interval}


def confusion_matrix(labels: np.ndarray, predicted: np.ndarray, classes: int) -> np.ndarray:
    """Count images as matrix[true][predicted]."""
    return np.bincount(labels * classes + predicted, minlength=classes * classes).reshape(classes, classes)


def per_class(confusion: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Recall, precision and F1 of every class; 0 where a class never occurs or is never named."""
    hits = np.diag(confusion).astype(float)
    recall = hits / np.maximum(confusion.sum(1), 1)
    precision = hits / np.maximum(confusion.sum(0), 1)
    return recall, precision, 2 * recall * precision / np.maximum(recall + precision, 1e-12)


def negative_log_likelihood(logits: np.ndarray, labels: np.ndarray) -> float:
    shifted = logits - logits.max(1, keepdims=True)
    return float(np.mean(np.log(np.exp(shifted).sum(1)) - shifted[np.arange(len(labels)), labels]))


def expected_calibration_error(probabilities: np.ndarray, labels: np.ndarray, bins: int = 15) -> float:
    """Mean gap between top probability and accuracy over equal-width bins, weighted by the images in each.

    Source: Guo et al. 2017, On Calibration of Modern Neural Networks, equation 3.
    """
    top, correct = probabilities.max(1), probabilities.argmax(1) == labels
    bin_of = np.clip(np.ceil(top * bins).astype(int) - 1, 0, bins - 1)
    gaps = [abs(correct[bin_of == b].mean() - top[bin_of == b].mean()) * (bin_of == b).sum() for b in np.unique(bin_of)]
    return float(sum(gaps) / len(labels))


def fit_temperature(logits: np.ndarray, labels: np.ndarray) -> float:
    """Temperature between 0.05 and 20 of the lowest negative log-likelihood, by golden-section search on its logarithm.

    Source: Guo et al. 2017, section 4.2.
    """
    ratio = (math.sqrt(5) - 1) / 2
    low, high = math.log(0.05), math.log(20)
    while high - low > 1e-6:
        left, right = high - ratio * (high - low), low + ratio * (high - low)
        losses = [negative_log_likelihood(logits / math.exp(point), labels) for point in (left, right)]
        low, high = (low, right) if losses[0] < losses[1] else (left, high)
    return math.exp((low + high) / 2)


def choose_threshold(
    probabilities: np.ndarray, labels: np.ndarray, accuracy: float = 0.995, low: float = 0.5, high: float = 0.9
) -> float:
    """Smallest threshold in steps of 0.01 from low to high with the given accuracy among images at or above it.

    Returns: high when no threshold reaches the accuracy.
    """
    top, correct = probabilities.max(1), probabilities.argmax(1) == labels
    for step in range(round(low * 100), round(high * 100) + 1):
        is_sure = top >= step / 100
        if is_sure.any() and correct[is_sure].mean() >= accuracy:
            return step / 100
    return high


def summarise(logits: np.ndarray, labels: np.ndarray, temperature: float, abstain_below: float) -> dict:
    """Everything a spec's `metrics` holds about one part of the data."""
    probabilities = softmax(logits / temperature)
    predicted, is_sure = probabilities.argmax(1), probabilities.max(1) >= abstain_below
    confusion = confusion_matrix(labels, predicted, logits.shape[1])
    correct = int(np.trace(confusion))
    recall, _, f1 = per_class(confusion)
    return {
        "images": len(labels),
        "correct": correct,
        "accuracy": round(correct / len(labels), 6),
        "accuracy_interval_95": [round(bound, 6) for bound in wilson_interval(correct, len(labels))],
        "balanced_accuracy": round(float(recall.mean()), 6),
        "macro_f1": round(float(f1.mean()), 6),
        "ece": round(expected_calibration_error(probabilities, labels), 6),
        "unsure": round(1 - float(is_sure.mean()), 6),
        "accuracy_when_sure": round(float((predicted == labels)[is_sure].mean()), 6),
        "confusion": confusion.tolist(),
    }


def area_under_curve(negatives: np.ndarray, positives: np.ndarray) -> float:
    """Area under the ROC curve: the chance that a positive scores higher than a negative; ties count half."""
    _, inverse, counts = np.unique(np.concatenate([negatives, positives]), return_inverse=True, return_counts=True)
    ranks = (np.cumsum(counts) - (counts - 1) / 2)[inverse]
    count = len(positives)
    return float((ranks[len(negatives):].sum() - count * (count + 1) / 2) / (len(negatives) * count))


def bootstrap_interval(measure, *samples: np.ndarray, rounds: int = 1000) -> tuple[float, float]:
    """95 % interval of a measure of samples, each drawn again with replacement; the same every time.

    Source: Efron 1979, percentile method.
    """
    random = np.random.RandomState(1)
    values = [measure(*(sample[random.randint(0, len(sample), len(sample))] for sample in samples)) for _ in range(rounds)]
    low, high = np.quantile(values, [0.025, 0.975])
    return float(low), float(high)


def risk_coverage(probabilities: np.ndarray, labels: np.ndarray) -> list[tuple[float, float, float]]:
    """Share of images decided, share of wrong ones among them, and the threshold, from the surest image to all.

    Source: El-Yaniv and Wiener 2010, Journal of Machine Learning Research 11, section 2.
    """
    top, wrong = probabilities.max(1), probabilities.argmax(1) != labels
    order = np.argsort(-top, kind="stable")
    decided = np.arange(1, len(labels) + 1)
    risk = np.cumsum(wrong[order]) / decided
    return list(zip((decided / len(labels)).tolist(), risk.tolist(), top[order].tolist()))
