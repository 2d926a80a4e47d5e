"""Measure a model folder as it is shipped, and record calibration, novelty statistics and metrics in its spec.json.

    python scripts/evaluate.py --task blood-smear --data ../shared/data/blood-smear
    python scripts/evaluate.py --task blood-smear --data ../shared/data/blood-smear --test --weights ../shared/weights \
        --foreign build/data/viability public/samples/brightfield

Everything that is chosen (temperature, thresholds) is chosen on the validation part. --test looks at the test part
as well, which is for the final model only. --weights adds the control that sees only the corners of colour images;
--foreign names folders of images of another kind, which the model should call unlike its training images.
All numbers are printed, written to metrics.json beside the spec, and set into the model card between its two marks.
"""

import argparse
import json
import random
from collections import Counter
from pathlib import Path

import numpy as np
import torch
from PIL import UnidentifiedImageError

from cytotrain import controls, novelty, quality
from cytotrain.audit import corners_only_accuracy, count_duplicates, disturbances_for, spoiled_for
from cytotrain.card import update_card, update_table
from cytotrain.metrics import (
    area_under_curve, bootstrap_interval, choose_threshold, confusion_matrix, expected_calibration_error,
    fit_temperature, negative_log_likelihood, per_class, risk_coverage, softmax, summarise, two_columns, wilson_interval,
)
from cytotrain.model_folder import ExportedModel, format_json, sha256, write_spec
from cytotrain.networks import NETWORKS
from cytotrain.plots import draw_reliability, draw_risk_coverage
from cytotrain.prepare import composite_on_white, crop, decode, prepare, resize, to_channels
from cytotrain.safetensors import write_safetensors
from cytotrain.tasks import IMAGE_SUFFIXES, MODELS_FOLDER, Sample, list_samples

NOVELTY_DIMENSIONS = 64
USUAL_SHARES = np.arange(0.97, 0.9955, 0.0025)
MOST_FLAGGED = 0.045
"""The novelty threshold lets the smallest of these shares of the validation images pass at which novelty and image quality
together flag no more than this share of them."""
SPOILED = "own training images spoiled"
SHOWN_FROM = 300
"""Images of a foreign folder before this one are measured, those after it may be shown."""
THRESHOLDS = (0.0, 0.5, 0.55, 0.6, 0.65, 0.7, 0.75, 0.8, 0.85, 0.88, 0.9, 0.92, 0.94, 0.95, 0.96, 0.97, 0.98, 0.99, 0.995, 0.999)
"""Those whose risk and coverage the spec holds."""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--task", required=True, help="name of the model")
    parser.add_argument("--model", type=Path, help="its folder; models/<task> by default")
    parser.add_argument("--data", required=True, type=Path, help="folder of the images")
    parser.add_argument("--test", action="store_true", help="look at the test part; for the final model only")
    parser.add_argument("--aim", type=float, default=0.995, help="accuracy of sure verdicts that the threshold is chosen for")
    parser.add_argument("--weights", type=Path, help="folder of the pre-trained weights, for the corners-only control of colour images")
    parser.add_argument("--foreign", nargs="*", type=Path, default=[], help="folders of images of another kind")
    parser.add_argument("--exposed", nargs="*", type=Path, default=[], help="such folders of which the novelty is shown other images than those it is measured by")
    parser.add_argument(
        "--keep", action="store_true",
        help="take from metrics.json what neither novelty nor image quality changes: disturbances, controls, leaks, other parts, originals",
    )
    parser.add_argument("--companion-of", type=Path, help="another model's folder, to which the test result is added as a further check")
    parser.add_argument("--contrast", nargs="*", default=[], help="classes to tell apart by one curve, as g1/s or g1/g2+mitosis")
    arguments = parser.parse_args()
    # The operations are small: one thread is as fast, and leaves the machine to others.
    torch.set_num_threads(1)
    folder = arguments.model or MODELS_FOLDER / arguments.task
    model = ExportedModel(folder)
    spec = model.spec
    ids = [entry["id"] for entry in spec["classes"]]
    samples = list_samples(arguments.data, spec)
    parts = list(dict.fromkeys(["train", "val", *(["test"] if arguments.test else [])]))
    extra = sorted({s.part for s in samples} - {"train", "val", "test", "gap"}) if arguments.test else []
    of_part = {part: [s for s in samples if s.part == part] for part in [*parts, *extra]}
    features, measured_of = {}, {}
    for part, chosen in of_part.items():
        features[part], measured_of[part] = embed(model, (decode(s.file) for s in chosen))
    labels = {part: np.array([s.label for s in chosen]) for part, chosen in of_part.items()}
    logits = {part: model.head(values) for part, values in features.items()}

    temperature = round(fit_temperature(two_columns(logits["val"]), labels["val"]), 4)
    probabilities = {part: softmax(two_columns(values) / temperature) for part, values in logits.items()}
    abstain_below = choose_threshold(probabilities["val"], labels["val"], arguments.aim)
    spec["judge"] = {
        "temperature": temperature, "abstain_below": abstain_below, "risk_coverage": thresholds_and_risks(probabilities["val"], labels["val"]),
    }
    measured = {"validation": "val", **({"test": "test"} if arguments.test else {})}
    spec["metrics"] = {
        name: summarise(two_columns(logits[part]), labels[part], temperature, abstain_below) for name, part in measured.items()
    }
    # Nothing was learned about these measures, so that training images are as good as validation images to see how they spread.
    spec["quality"] = limits = quality.fit_limits(np.concatenate([measured_of["train"], measured_of["val"]]), spec)
    # See export_onnx.append_middle.
    is_ignored = ~model.layers[0][0].any(0)
    unexposed = novelty.fit(features["train"], labels["train"], NOVELTY_DIMENSIONS, measured_of["train"], is_ignored)
    shown = shown_as_foreign(model, arguments.exposed, of_part["train"])
    expose = lambda shown: novelty.expose(unexposed, features["train"], np.concatenate(list(shown.values())), features["val"], measured_of["val"])
    # What the score makes of a kind that it was not shown, for each kind that it was.
    without = {kind: expose({other: values for other, values in shown.items() if other != kind}) for kind in shown if kind != SPOILED}
    statistics = expose(shown) if shown else unexposed
    distances = {part: statistics.distance(values, measured_of[part]) for part, values in features.items()}
    threshold = choose_novelty_threshold(distances["val"], is_poor(measured_of["val"], limits))
    (folder / "novelty.safetensors").write_bytes(write_safetensors(statistics.tensors()))
    spec["novelty"] = {
        "file": "novelty.safetensors", "sha256": sha256(folder / "novelty.safetensors"), "rule": "mahalanobis",
        "dimensions": len(statistics.scale), "threshold": threshold,
    }

    val_pixels = [decode(s.file) for s in of_part["val"]]
    foreign = {name: embed(model, images) for name, images in foreign_sets(arguments.foreign, spec).items()}
    spoiled = {name: embed(model, (change(p) for p in val_pixels[:: max(1, len(val_pixels) // 200)])) for name, change in spoiled_for(val_pixels[0]).items()}
    metrics_file = folder / "metrics.json"
    old = json.loads(metrics_file.read_text()) if metrics_file.is_file() else {}
    report = {
        "aim": arguments.aim,
        "calibration": {
            name: describe_calibration(two_columns(logits[part]), labels[part], temperature) for name, part in measured.items()
        },
        "intervals": {name: describe_intervals(probabilities[part], labels[part]) for name, part in measured.items()},
        "classes": {name: describe_classes(spec["metrics"][name]["confusion"], ids) for name in measured},
        "confused": {name: describe_confusions(spec["metrics"][name]["confusion"], ids) for name in measured},
        "auc": {
            name: {pair: describe_contrast(probabilities[part], labels[part], pair, ids) for pair in contrasts(arguments.contrast, ids)}
            for name, part in measured.items()
        },
        "risk_coverage": {name: describe_risk_coverage(probabilities[part], labels[part]) for name, part in measured.items()},
        "novelty": {
            "usual": {name: describe_flagged(distances[part], measured_of[part], threshold, limits) for name, part in measured.items()},
            **{
                kind: {
                    name: {
                        **describe_flagged(statistics.distance(*found), found[1], threshold, limits),
                        **describe_foreign(distances["val"], statistics.distance(*found)),
                    }
                    for name, found in sets.items()
                }
                for kind, sets in (("foreign", foreign), ("spoiled", spoiled))
            },
        },
        "exposure": {
            "shown": {kind: len(values) for kind, values in shown.items()},
            "left_out": {name: describe_left_out(without[kind], features, measured_of, foreign[name], limits) for kind in without
                         for name in (kind, f"{kind}, fitted") if name in foreign},
        },
        "other_parts": {part: describe_other(probabilities[part], labels[part], ids) for part in extra},
    }
    if arguments.keep:
        kept = ("disturbed_validation", "duplicates_of_training_images", "controls", "corners_only_validation", "originals", "deletion", "folds")
        report |= {name: old[name] for name in kept if name in old}
    else:
        report |= {
            "disturbed_validation": {
                name: describe_accuracy(two_columns(model.head(embed(model, (change(p) for p in val_pixels))[0])), labels["val"])
                for name, change in disturbances_for(val_pixels[0]).items()
            },
            "duplicates_of_training_images": count_duplicates(samples),
            "controls": describe_controls(spec, samples, measured, ids, arguments.contrast) if spec["input"]["channels"] == "grey" else {},
        }
    if arguments.test and not arguments.keep:
        report["originals"] = describe_originals(model, arguments.data / "originals", samples)
    if arguments.weights and not arguments.keep and spec["input"]["channels"] == "rgb":
        report["corners_only_validation"] = corners_only_accuracy(
            samples, len(ids), next(n for n in NETWORKS.values() if n.title == spec["network"]["architecture"]),
            arguments.weights,
        )
    if old:
        report["companions"] = old.get("companions", {})
    write_spec(folder, spec)
    metrics_file.write_text(format_json(report) + "\n")
    if arguments.test:
        curves = {name: (probabilities[part], labels[part]) for name, part in measured.items()}
        draw_reliability(folder / "reliability.png", curves)
        draw_risk_coverage(folder / "risk_coverage.png", curves)
    if (folder / "card.md").is_file():
        update_card(folder / "card.md", spec, report)
    if folder.parent == MODELS_FOLDER and arguments.test:
        update_table(MODELS_FOLDER)
    if arguments.companion_of:
        add_companion(arguments.companion_of, arguments.task, describe_other(probabilities["test"], labels["test"], ids))
    print(format_json({"judge": spec["judge"], "metrics": spec["metrics"], **report}))


def embed(model: ExportedModel, images) -> tuple[np.ndarray, np.ndarray]:
    """Pooled features N×D and measures N×M of decoded images, one at a time as the page computes them."""
    found = [(model.features(prepare(image, model.spec).numpy()).mean((2, 3))[0], quality.measure(image, model.spec)) for image in images]
    return np.array([features for features, _ in found]), np.array([measured for _, measured in found])


def is_poor(measured: np.ndarray, limits: dict) -> np.ndarray:
    """Which of N×M measured cells are flagged for their image quality."""
    return np.any(list(quality.outside(measured, limits).values()), axis=0)


def choose_novelty_threshold(distances: np.ndarray, poor: np.ndarray) -> float:
    """See USUAL_SHARES; the last where none is small enough."""
    for share in USUAL_SHARES:
        threshold = round(float(np.quantile(distances, share)), 3)
        if ((distances > threshold) | poor).mean() <= MOST_FLAGGED:
            break
    return threshold


def thresholds_and_risks(probabilities: np.ndarray, labels: np.ndarray) -> list[list[float]]:
    """[threshold, share decided, share wrong of those, ends of its 95 % Wilson interval] while any image is decided."""
    top, wrong = probabilities.max(1), probabilities.argmax(1) != labels
    rows = []
    for threshold in THRESHOLDS:
        decided = top >= threshold
        if not decided.any():
            break
        count, mistakes = int(decided.sum()), int(wrong[decided].sum())
        rows.append([threshold, *(round(float(x), 4) for x in (count / len(top), mistakes / count, *wilson_interval(mistakes, count)))])
    return rows


def describe_flagged(distances: np.ndarray, measured: np.ndarray, threshold: float, limits: dict) -> dict:
    """Shares called unlike the training images, flagged for image quality, and either, with the measures that did it."""
    poor, novel = quality.outside(measured, limits), distances > threshold
    return {
        **describe_share(novel),
        "quality": describe_share(np.any(list(poor.values()), axis=0)),
        "either": describe_share(novel | np.any(list(poor.values()), axis=0)),
        "by_measure": {name: round(float(found.mean()), 4) for name, found in poor.items() if found.any()},
    }


def describe_accuracy(logits: np.ndarray, labels: np.ndarray) -> dict:
    correct = int((logits.argmax(1) == labels).sum())
    interval = [round(bound, 4) for bound in wilson_interval(correct, len(labels))]
    share = round(correct / len(labels), 4)
    return {"images": len(labels), "correct": correct, "accuracy": share, "interval_95": interval}


def describe_calibration(logits: np.ndarray, labels: np.ndarray, temperature: float) -> dict:
    """Calibration before and after the temperature."""
    return {
        name: {
            "ece": round(expected_calibration_error(softmax(logits / divisor), labels), 4),
            "nll": round(negative_log_likelihood(logits / divisor, labels), 4),
        }
        for name, divisor in [("before", 1.0), ("after", temperature)]
    }


def describe_intervals(probabilities: np.ndarray, labels: np.ndarray) -> dict:
    """Bootstrap intervals of the measures that are no plain share."""

    def recall(probabilities: np.ndarray, labels: np.ndarray) -> np.ndarray:
        return per_class(confusion_matrix(labels, probabilities.argmax(1), probabilities.shape[1]))

    both = np.concatenate([probabilities, labels[:, None]], 1)
    measures = {
        "balanced_accuracy": lambda drawn: recall(drawn[:, :-1], drawn[:, -1].astype(int))[0].mean(),
        "macro_f1": lambda drawn: recall(drawn[:, :-1], drawn[:, -1].astype(int))[2].mean(),
        "ece": lambda drawn: expected_calibration_error(drawn[:, :-1], drawn[:, -1].astype(int)),
    }
    return {name: rounded(bootstrap_interval(measure, both)) for name, measure in measures.items()}


def rounded(bounds: tuple[float, float]) -> list[float]:
    return [round(bound, 4) for bound in bounds]


def describe_classes(confusion: list[list[int]], ids: list[str]) -> dict:
    """Recall with its Wilson interval, precision and F1 of every class."""
    counts = np.array(confusion)
    recall, precision, f1 = (np.round(values, 4).tolist() for values in per_class(counts))
    intervals = [wilson_interval(row[index], sum(row)) for index, row in enumerate(confusion)]
    return {
        name: {
            "recall": recall[index],
            "recall_interval_95": rounded(intervals[index]),
            "precision": precision[index],
            "f1": f1[index],
        }
        for index, name in enumerate(ids)
    }


def describe_confusions(confusion: list[list[int]], ids: list[str]) -> list[str]:
    """Every mistake that was made, the most frequent first."""
    mistakes = [(count, t, p) for t, row in enumerate(confusion) for p, count in enumerate(row) if count and t != p]
    return [f"{ids[t]} called {ids[p]}: {count}" for count, t, p in sorted(mistakes, key=lambda m: (-m[0], m[1], m[2]))]


def contrasts(asked: list[str], ids: list[str]) -> list[str]:
    """The pairs of classes to draw a curve for: those asked for, or the only two."""
    return asked or (["/".join(ids)] if len(ids) == 2 else [])


def describe_contrast(probabilities: np.ndarray, labels: np.ndarray, pair: str, ids: list[str]) -> dict:
    """Area under the curve of one group of classes against another, the rest left out, with its bootstrap interval."""
    first, second = ([ids.index(name) for name in group.split("+")] for group in pair.split("/"))
    # Given that it is one of the two groups, how probable is the second?
    in_first, in_second = (probabilities[:, group].sum(1) for group in (first, second))
    score = in_second / np.maximum(in_first + in_second, 1e-12)
    groups = score[np.isin(labels, first)], score[np.isin(labels, second)]
    return {
        "images": [len(group) for group in groups],
        "auc": round(area_under_curve(*groups), 4),
        "interval_95": rounded(bootstrap_interval(area_under_curve, *groups)),
    }


def describe_risk_coverage(probabilities: np.ndarray, labels: np.ndarray) -> list[dict]:
    """Share of wrong verdicts among the surest part of the images, and the threshold that leaves that part."""
    curve = risk_coverage(probabilities, labels)
    chosen = [curve[max(0, round(share * len(curve)) - 1)] for share in (1, 0.95, 0.9, 0.8, 0.7, 0.5, 0.3)]
    return [{"decided": round(c, 4), "wrong": round(risk, 4), "threshold": round(at, 4)} for c, risk, at in chosen]


def describe_share(is_flagged: np.ndarray) -> dict:
    count = int(is_flagged.sum())
    interval = rounded(wilson_interval(count, len(is_flagged)))
    return {"images": len(is_flagged), "flagged": count, "share": round(count / len(is_flagged), 4), "interval_95": interval}


def describe_left_out(statistics: novelty.Novelty, features: dict, measured_of: dict, found: tuple[np.ndarray, np.ndarray], limits: dict) -> dict:
    """What is flagged of a kind of images that the statistics were not shown, under a threshold of their own."""
    threshold = choose_novelty_threshold(statistics.distance(features["val"], measured_of["val"]), is_poor(measured_of["val"], limits))
    return describe_share((statistics.distance(*found) > threshold) | is_poor(found[1], limits))


def describe_foreign(usual: np.ndarray, foreign: np.ndarray) -> dict:
    """How well novelty tells foreign images from the validation part."""
    return {
        "auroc": round(area_under_curve(usual, foreign), 4),
        "false_positives_at_95": round(novelty.false_positives_at_95(usual, foreign), 4),
    }


def foreign_sets(folders: list[Path], spec: dict, most: int = 200) -> dict[str, list[np.ndarray]]:
    """Decoded images of another kind: up to `most` of each folder, blank ones and noise."""
    sets: dict[str, list[np.ndarray]] = {}
    for folder in folders:
        sets[folder.name] = images = images_of(folder, 0, most)
        # The same at the size and in the colours of the model's own images, so that neither gives them away.
        if spec["input"]["channels"] == "grey" or all(image.shape[2] > 2 for image in images):
            sets[f"{folder.name}, fitted"] = [fit_to(image, spec) for image in images]
    draw = np.random.RandomState(1)
    side, channels = spec["crop"].get("side_px", 128), 3 if spec["input"]["channels"] == "rgb" else 1
    sets["blank"] = [np.full((side, side, channels), level, np.uint8) for level in range(0, 256, 5)]
    levels = [(draw.uniform(60, 200), draw.uniform(3, 70)) for _ in range(100)]
    sets["noise"] = [
        np.clip(draw.normal(mean, spread, (side, side, channels)), 0, 255).astype(np.uint8) for mean, spread in levels
    ]
    return sets


def images_of(folder: Path, first: int, most: int) -> list[np.ndarray]:
    """Decoded images below a folder, in an order drawn once, without the `first` ones."""
    files = sorted(file for file in folder.rglob("*") if file.suffix.lower() in IMAGE_SUFFIXES)
    random.Random(1).shuffle(files)
    images: list[np.ndarray] = []
    for file in files[first:]:
        try:
            image = decode(file)
        except (OSError, UnidentifiedImageError, ValueError, SyntaxError):
            continue
        if min(image.shape[:2]) >= 16:
            images.append(image)
        if len(images) == most:
            break
    if not images:
        raise SystemExit(f"{folder} holds no image")
    return images


def shown_as_foreign(model: ExportedModel, folders: list[Path], train: list[Sample]) -> dict[str, np.ndarray]:
    """Features of images that the novelty is to learn to tell: others of these folders than those that are measured, as they are
    and fitted, and spoiled training images, but for those whose light alone is wrong, which the image quality tells.

    Returns: N×D of each folder, by its name, and of SPOILED; empty without folders.
    """
    shown = {}
    for folder in folders:
        images = images_of(folder, SHOWN_FROM, 600)
        shown[folder.name] = embed(model, [*images, *(fit_to(image, model.spec) for image in images)])[0]
    if shown:
        pixels = [decode(sample.file) for sample in train[:: max(1, len(train) // 500)]]
        shown[SPOILED] = embed(model, (change(image) for name, change in spoiled_for(pixels[0]).items() if "light" not in name for image in pixels))[0]
    return shown


def fit_to(image: np.ndarray, spec: dict) -> np.ndarray:
    """The central square of an image at the size and in the channels that a model was trained on. Returns: uint8."""
    opaque = composite_on_white(image)
    side = min(opaque.shape[:2])
    square = to_channels(crop(opaque, {"rule": "centre_square", "side_px": side}), spec["input"]["channels"])
    wanted = spec["crop"].get("side_px", side)
    fitted = resize(square, "bilinear_antialiased", wanted, wanted)[0].permute(1, 2, 0)
    return fitted.clamp(0, 255).round().numpy().astype(np.uint8)


def describe_controls(spec: dict, samples: list[Sample], measured: dict[str, str], ids: list[str], asked: list[str]) -> dict:
    """What a random forest makes of simple features of the whole crop, and of its corners before and after normalisation."""
    plain = {**spec, "normalisation": {"rule": "mean_std", "mean": [0.0], "std": [1.0]}}
    described, labels = {}, {}
    for part in ("train", *measured.values()):
        chosen = [s for s in samples if s.part == part]
        labels[part] = np.array([s.label for s in chosen])
        normalised, raw = (
            np.concatenate([prepare(decode(s.file), rules).numpy()[:, 0] for s in chosen]).astype(np.float64) for rules in (spec, plain)
        )
        described[part] = {
            "simple features": controls.describe_planes(normalised),
            "corners only, as photographed": controls.describe_corners(raw),
            "corners only, as the network sees them": controls.describe_corners(normalised),
        }
    results = {}
    for name in described["train"]:
        results[name] = {}
        for part_name, part in measured.items():
            probabilities = controls.forest(described["train"][name], labels["train"], described[part][name])
            recall = per_class(confusion_matrix(labels[part], probabilities.argmax(1), len(ids)))[0]
            results[name][part_name] = {
                **describe_accuracy(probabilities, labels[part]),
                "balanced_accuracy": round(float(recall.mean()), 4),
                "auc": {pair: describe_contrast(probabilities, labels[part], pair, ids)["auc"] for pair in contrasts(asked, ids)},
            }
    return results


def describe_other(probabilities: np.ndarray, labels: np.ndarray, ids: list[str]) -> dict:
    """Accuracy on images kept for a further check, and what they were called."""
    called = Counter(ids[index] for index in probabilities.argmax(1).tolist())
    return {**describe_accuracy(probabilities, labels), "called": dict(called.most_common())}


def add_companion(folder: Path, name: str, result: dict) -> None:
    """Write the test result of a model that is not shipped into the metrics and the card of one that is."""
    report = json.loads((folder / "metrics.json").read_text())
    report["companions"] = {**report.get("companions", {}), name: result}
    (folder / "metrics.json").write_text(format_json(report) + "\n")
    update_card(folder / "card.md", json.loads((folder / "spec.json").read_text()), report)


def describe_originals(model: ExportedModel, folder: Path, samples: list[Sample]) -> dict:
    """Accuracy on uncut originals, which lie in folders as the cut images do and are counted by the part those are in.

    Returns: accuracy of all and of each part, and the files named wrongly; empty when there are no originals.
    """
    of_file = {(sample.file.parent.name, sample.file.name): sample for sample in samples}
    found = [(file, of_file[file.parent.name, file.name]) for file in sorted(folder.glob("*/*"))]
    if not found:
        return {}
    logits = model.head(embed(model, (decode(file) for file, _ in found))[0])
    labels = np.array([sample.label for _, sample in found])
    parts = np.array([sample.part for _, sample in found])
    names = [entry["id"] for entry in model.spec["classes"]]
    return {
        "all": describe_accuracy(logits, labels),
        **{part: describe_accuracy(logits[parts == part], labels[parts == part]) for part in ("train", "val", "test")},
        "wrong": [
            f"{file.parent.name}/{file.name} called {names[p]}"
            for (file, sample), p in zip(found, logits.argmax(1)) if p != sample.label
        ],
    }


if __name__ == "__main__":
    main()
