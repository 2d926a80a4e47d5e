"""Write tests/golden/learn/: what scikit-learn and scipy learn from a few drawn cells.

    pip install scikit-learn scipy
    python scripts/golden_learn.py

features.f32 and turned.f32 hold cells × features, raw little-endian float32; cases.json the labels, groups and known logits, and for each
head that is learned the probabilities of the last cells, which are not learned from, and its coefficients in standardised features as
src/core/learn/compact.h defines them. C++ must learn the same. bits.f64 is by scripts/golden_learn_bits.ts.
"""

import argparse
from pathlib import Path

import numpy as np
from scipy.optimize import minimize
from scipy.special import log_softmax, softmax
from sklearn.linear_model import LogisticRegression

from cytotrain.model_folder import format_json
from golden_metrics import SplitMix

FOLDER = Path(__file__).resolve().parents[1] / "tests" / "golden" / "learn"
BLOCKS = (4, 8)
# Learned from and left out, of each type.
CELLS = ((18, 6), (12, 6), (6, 6))
# What a direction that changes when a cell is turned weighs less by; as kTurnWeight.
TURN_WEIGHT = 3
STRENGTHS = (3.0, 100.0)


def main() -> None:
    argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter).parse_args()
    features, turned, labels, known = draw()
    learned = sum(count for count, _ in CELLS)
    heads = [learn(features, turned, labels, learned, strength, None) for strength in STRENGTHS]
    heads.append(learn(features, turned, labels, learned, STRENGTHS[-1], known))
    FOLDER.mkdir(parents=True, exist_ok=True)
    (FOLDER / "features.f32").write_bytes(features.tobytes())
    (FOLDER / "turned.f32").write_bytes(turned.tobytes())
    groups = [cell // 2 for cell in range(learned)]
    case = {"blocks": list(BLOCKS), "types": len(CELLS), "learned": learned, "labels": labels.tolist(), "groups": groups, "known": known.tolist(), "heads": heads}
    (FOLDER / "cases.json").write_text(format_json(case) + "\n")
    print(f"{learned} of {len(labels)} cells, {len(heads)} heads in {FOLDER}")


def draw() -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """Features and variances between turns, N×D, labels N and known logits N×K; those to learn from come first."""
    random = SplitMix(18)
    width, types = sum(BLOCKS), len(CELLS)
    labels = np.array([type_ for part in (0, 1) for type_ in range(types) for _ in range(CELLS[type_][part])])

    def uniform(*shape: int) -> np.ndarray:
        return np.array([random.below(4096) / 2048 - 1 for _ in range(int(np.prod(shape)))]).reshape(shape)

    means, scale = uniform(types, width), 4.0 ** np.array([random.below(7) - 3 for _ in range(width)])
    features = ((means[labels] + 1.5 * uniform(len(labels), width)) * scale + 2).astype("<f4")
    # Of one feature nothing can be learned, and of one nothing is left when it is turned.
    features[:, 3] = 0.1
    turned = ((uniform(len(labels), width) + 1) / 4 * scale**2).astype("<f4")
    turned[:, 3], turned[:, 7] = 0, 64 * turned[:, 7]
    known = 2.0 * np.eye(types)[labels] * (uniform(len(labels), 1) > -0.5) + uniform(len(labels), types)
    return features, turned, labels, known


def learn(features: np.ndarray, turned: np.ndarray, labels: np.ndarray, learned: int, strength: float, known: np.ndarray | None) -> dict:
    own = features[:learned].astype(float)
    spread = np.sqrt(own.var(0) + TURN_WEIGHT * turned[:learned].astype(float).mean(0))
    spread[spread <= 1e-6] = 1
    divisor = np.concatenate([np.full(length, np.sqrt(length * len(BLOCKS))) for length in BLOCKS])
    standard = (features.astype(float) - own.mean(0)) / (spread * divisor)
    if known is None:
        fitted = LogisticRegression(C=strength, class_weight="balanced", tol=1e-10, max_iter=100_000).fit(standard[:learned], labels[:learned])
        coefficients, logits = fitted.coef_, fitted.decision_function(standard[learned:])
    else:
        coefficients, bias = towards(standard[:learned], labels[:learned], strength, known[:learned])
        logits = standard[learned:] @ coefficients.T + bias + known[learned:]
    return {"strength": strength, "has_known": known is not None, "coefficients": coefficients.ravel().tolist(), "probabilities": softmax(logits, 1).ravel().tolist()}


def towards(rows: np.ndarray, labels: np.ndarray, strength: float, known: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The same regression with known logits added, which scikit-learn has no way to say."""
    types, width = known.shape[1], rows.shape[1]
    weights = (len(labels) / (types * np.bincount(labels)))[labels]

    def loss(values: np.ndarray) -> tuple[float, np.ndarray]:
        coefficients, bias = values[:-types].reshape(types, width), values[-types:]
        logits = rows @ coefficients.T + bias + known
        off = (softmax(logits, 1) - np.eye(types)[labels]) * weights[:, None]
        value = -(weights * log_softmax(logits, 1)[np.arange(len(labels)), labels]).sum() + (coefficients**2).sum() / (2 * strength)
        return value, np.concatenate([(off.T @ rows + coefficients / strength).ravel(), off.sum(0)])

    found = minimize(loss, np.zeros(types * (width + 1)), jac=True, method="L-BFGS-B", options={"maxiter": 100_000, "maxfun": 100_000, "ftol": 0, "gtol": 1e-9})
    return found.x[:-types].reshape(types, width), found.x[-types:]


if __name__ == "__main__":
    main()
