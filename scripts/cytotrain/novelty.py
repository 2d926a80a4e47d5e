"""How unlike the training images an image is: Mahalanobis distance of its pooled features to the nearest class.

One covariance for all classes: measured along the first directions of the features, and equal in all others.
Source: Lee et al. 2018, A simple unified framework for detecting out-of-distribution samples; Tipping and Bishop 1999,
Probabilistic principal component analysis, for the equal rest.
"""

from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True)
class Novelty:
    """Statistics of the training part's features; what novelty.safetensors holds, for D features and d directions.

    Attributes:
        mean: D, of all features.
        basis: d×D, orthonormal rows; float16, since it is nearly all of the file.
        scale: d, one over the spread within classes along each row.
        class_means: K×d, of the features less `mean`, along the rows.
        residual_scale: 1, one over the variance in each other direction.
    """

    mean: np.ndarray
    basis: np.ndarray
    scale: np.ndarray
    class_means: np.ndarray
    residual_scale: np.ndarray

    def distance(self, features: np.ndarray) -> np.ndarray:
        """Distance of N×D pooled features to the nearest class, in standard deviations."""
        centred = features.astype(np.float64) - self.mean
        along = centred @ self.basis.T
        inside = (((along[:, None] - self.class_means) * self.scale) ** 2).sum(2).min(1)
        outside = np.maximum(0, (centred**2).sum(1) - (along**2).sum(1))
        return np.sqrt(inside + outside * self.residual_scale[0])


def fit(features: np.ndarray, labels: np.ndarray, dimensions: int) -> Novelty:
    """Fit the statistics to N×D pooled features of the training part and their N labels."""
    values = features.astype(np.float64)
    mean = values.mean(0)
    centred = values - mean
    _, _, directions = np.linalg.svd(centred, full_matrices=False)
    basis = directions[:dimensions]
    class_means = np.stack([(centred[labels == label] @ basis.T).mean(0) for label in range(labels.max() + 1)])
    within = centred @ basis.T - class_means[labels]
    # Turned within the directions so that the covariance within classes is diagonal.
    variances, turn = np.linalg.eigh(within.T @ within / len(within))
    basis, class_means = turn.T @ basis, class_means @ turn
    rest = ((centred**2).sum(1) - ((centred @ basis.T) ** 2).sum(1)).mean() / (centred.shape[1] - dimensions)
    scale = 1 / np.sqrt(np.maximum(variances, rest))
    mean, scale, class_means, one_over_rest = (part.astype(np.float32) for part in (mean, scale, class_means, np.array([1 / rest])))
    return Novelty(mean, basis.astype(np.float16), scale, class_means, one_over_rest)


def false_positives_at_95(usual: np.ndarray, foreign: np.ndarray) -> float:
    """Share of foreign images taken for usual by a threshold that 95 % of the usual ones pass."""
    return float((foreign <= np.quantile(usual, 0.95)).mean())
