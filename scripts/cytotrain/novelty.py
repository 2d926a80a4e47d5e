"""How unlike the training images an image is: Mahalanobis distance of its pooled features to the nearest class, and more
for what looks like foreign images that were shown.

One covariance for all classes: measured along the first directions of the features, and equal in all others.
Source: Lee et al. 2018, A simple unified framework for detecting out-of-distribution samples; Tipping and Bishop 1999,
Probabilistic principal component analysis, for the equal rest; Hendrycks et al. 2019, Deep anomaly detection with outlier exposure.
"""

from dataclasses import asdict, dataclass, replace

import numpy as np

from cytotrain.quality import MEASURES


@dataclass(frozen=True)
class Novelty:
    """Statistics of the training part's features; what novelty.safetensors holds, for D features and d directions.

    Attributes:
        mean: D, of all features.
        basis: d×D, orthonormal rows; float16, since it is nearly all of the file.
        scale: d, one over the spread within classes along each row.
        class_means: K×d, of the features less `mean`, along the rows.
        residual_scale: 1, one over the variance in each other direction.
        appearance_mean: M, of the measures of image quality; see cytotrain.quality.
        appearance: M×M, brings the measures less their mean to lengths that add to the distance.
        exposure, exposure_offset: D and 1, of the features less `mean`: how much they look like the foreign images that were
            shown, which adds to the distance above 0; None for a model that was shown none.
        look_means, look: K×M and M×M, of the measures of image quality of each class, and what brings a cell's less those of its class
            to standard deviations; for sets of cells only, see cytotrain.batch.
    """

    mean: np.ndarray
    basis: np.ndarray
    scale: np.ndarray
    class_means: np.ndarray
    residual_scale: np.ndarray
    appearance_mean: np.ndarray
    appearance: np.ndarray
    exposure: np.ndarray | None = None
    exposure_offset: np.ndarray | None = None
    look_means: np.ndarray | None = None
    look: np.ndarray | None = None

    def tensors(self) -> dict[str, np.ndarray]:
        """What the file holds."""
        return {name: value for name, value in asdict(self).items() if value is not None}

    def distance(self, features: np.ndarray, measured: np.ndarray) -> np.ndarray:
        """Distance of cells with N×D pooled features and N×M measures, in standard deviations."""
        return np.sqrt(self._of_features(features) + self._of_appearance(measured) + self._of_exposure(features))

    def _of_appearance(self, measured: np.ndarray) -> np.ndarray:
        return (self.appearances(measured) ** 2).sum(1)

    def appearances(self, measured: np.ndarray) -> np.ndarray:
        """N×M, what adds to the distance; a file from before the last measures knows the first."""
        return (measured[:, :len(self.appearance_mean)] - self.appearance_mean) @ self.appearance.T.astype(np.float64)

    def nearest(self, features: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """The nearest class of N×D pooled features, and how they deviate from it along the rows, N×d."""
        along = (features.astype(np.float64) - self.mean) @ self.basis.T.astype(np.float64)
        off = (along[:, None] - self.class_means) * self.scale
        nearest = (off**2).sum(2).argmin(1)
        return nearest, off[np.arange(len(off)), nearest]

    def _of_exposure(self, features: np.ndarray) -> np.ndarray | float:
        if self.exposure is None:
            return 0.0
        looks = (features.astype(np.float64) - self.mean) @ self.exposure.astype(np.float64) + self.exposure_offset[0]
        return np.maximum(0, looks) ** 2

    def _of_features(self, features: np.ndarray) -> np.ndarray:
        centred = features.astype(np.float64) - self.mean
        along = centred @ self.basis.T
        inside = (((along[:, None] - self.class_means) * self.scale) ** 2).sum(2).min(1)
        outside = np.maximum(0, (centred**2).sum(1) - (along**2).sum(1))
        return inside + outside * self.residual_scale[0]


APPEARANCE = [name for name in MEASURES if name.startswith("detail_")] + ["border", "middle", "peak", "rim"]
"""The measures that tell how structures lie, whatever the lamp and the size."""
APPEARANCE_SHARE = 0.2
"""What they add to the squared distance of a usual image, as a share of what its features make; by the validation part."""


MIDDLE_SHARE = 2.0
"""What features that the head does not look at add, in the same way; by the validation part and its spoiled images."""


def fit(features: np.ndarray, labels: np.ndarray, dimensions: int, measured: np.ndarray, is_ignored: np.ndarray | None = None) -> Novelty:
    """Fit the statistics to the features of the training part.

    Args:
        features: N×D, pooled.
        labels: N.
        dimensions: directions of the features that the head looks at.
        measured: N×M.
        is_ignored: D, the features that it does not look at, each of which adds a direction; none by default.
    """
    is_ignored = np.zeros(features.shape[1], bool) if is_ignored is None else is_ignored
    values = features.astype(np.float64)
    mean = values.mean(0)
    centred = values - mean
    own = centred * ~is_ignored
    basis = np.linalg.svd(own, full_matrices=False)[2][:dimensions]
    rest = ((own**2).sum(1) - ((own @ basis.T) ** 2).sum(1)).mean() / ((~is_ignored).sum() - dimensions)
    basis, scale, class_means = along(centred, labels, basis, rest)
    appearance_mean, appearance = fit_appearance(measured)

    def made_of(*parts: np.ndarray) -> Novelty:
        basis, scale, class_means = (part.astype(kind) for part, kind in zip(parts, (np.float16, np.float32, np.float32)))
        return Novelty(mean.astype(np.float32), basis, scale, class_means, np.array([1 / rest], np.float32), appearance_mean, appearance)

    plain = made_of(basis, scale, class_means)
    usual = np.median(plain._of_features(features * ~is_ignored + mean * is_ignored))
    if is_ignored.any():
        axes = np.eye(len(mean))[is_ignored]
        axes, one_over, their_means = along(centred, labels, axes, 1e-3 * centred[:, is_ignored].var(0).mean())
        off = (((centred @ axes.T)[:, None] - their_means) * one_over) ** 2
        one_over = one_over * np.sqrt(MIDDLE_SHARE * usual / np.median(off.sum(2).min(1)))
        plain = made_of(np.concatenate([basis, axes]), np.concatenate([scale, one_over]), np.concatenate([class_means, their_means], 1))
    weight = APPEARANCE_SHARE * usual / max(np.median(plain._of_appearance(measured)), 1e-12)
    return replace(plain, appearance=(appearance * np.sqrt(weight)).astype(np.float32))


EXPOSURE_SHARE = 0.5
"""What looking as foreign as one usual image in ten does adds to the squared distance, as a share of a usual image's."""
EXPOSURE_STRENGTH = 0.03
"""Inverse of the penalty on the squared weights of standardised features."""


def expose(statistics: Novelty, usual: np.ndarray, shown: np.ndarray, held: np.ndarray, held_measured: np.ndarray) -> Novelty:
    """Let what foreign images have add to the distance: a logistic regression of these against the training part.

    Args:
        usual: N×D features of the training part.
        shown: F×D of foreign images.
        held, held_measured: V×D and V×M of the validation part, by which what it adds is scaled.
    """
    # Only this needs it.
    from sklearn.linear_model import LogisticRegression

    centre, spread = usual.mean(0), usual.std(0) + 1e-6
    standard = (np.concatenate([usual, shown]).astype(np.float64) - centre) / spread
    is_shown = np.arange(len(standard)) >= len(usual)
    regression = LogisticRegression(C=EXPOSURE_STRENGTH, max_iter=1000, class_weight="balanced").fit(standard, is_shown)
    weights = regression.coef_[0] / spread
    offset = regression.intercept_[0] + (statistics.mean - centre) @ weights
    looks = (held - statistics.mean) @ weights + offset
    middle, ninth = np.quantile(looks, [0.5, 0.9])
    factor = np.sqrt(EXPOSURE_SHARE * np.median(statistics.distance(held, held_measured) ** 2)) / (ninth - middle)
    return replace(statistics, exposure=(weights * factor).astype(np.float32), exposure_offset=np.array([(offset - middle) * factor], np.float32))


def along(centred: np.ndarray, labels: np.ndarray, basis: np.ndarray, least: float) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Turn a basis so that the covariance within classes is diagonal.

    Returns: it, one over the spread along each row, of at least the variance `least`, and the class means along the rows.
    """
    values = centred @ basis.T
    class_means = np.stack([values[labels == label].mean(0) for label in range(labels.max() + 1)])
    within = values - class_means[labels]
    variances, turn = np.linalg.eigh(within.T @ within / len(within))
    return turn.T @ basis, 1 / np.sqrt(np.maximum(variances, least)), class_means @ turn


def fit_appearance(measured: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Mean, and the matrix that makes their Mahalanobis distance a length; measures other than APPEARANCE count nothing."""
    used = [MEASURES.index(name) for name in APPEARANCE]
    mean, spread = measured.mean(0), measured[:, used].std(0) + 1e-6
    standard = (measured[:, used] - mean[used]) / spread
    precision = np.linalg.inv(np.cov(standard.T) + 1e-3 * np.eye(len(used)))
    matrix = np.zeros((len(MEASURES), len(MEASURES)))
    matrix[np.ix_(used, used)] = np.linalg.cholesky(precision).T / spread
    return mean.astype(np.float32), matrix.astype(np.float32)


def false_positives_at_95(usual: np.ndarray, foreign: np.ndarray) -> float:
    """Share of foreign images taken for usual by a threshold that 95 % of the usual ones pass."""
    return float((foreign <= np.quantile(usual, 0.95)).mean())
