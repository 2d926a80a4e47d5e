"""The numbers of a model card, written from spec.json and metrics.json so that they cannot disagree."""

import json
from pathlib import Path

from cytotrain.folders import folders_of_kind

TABLE_BEGIN = "<!-- table: written by scripts/evaluate.py -->"
TABLE_END = "<!-- end of table -->"
BEGIN = "<!-- numbers: written by scripts/evaluate.py -->"
END = "<!-- end of numbers -->"


def update_card(card_file: Path, spec: dict, report: dict) -> None:
    """Replace what stands between the two marks of a card."""
    replace_between(card_file, BEGIN, END, numbers(spec, report))


def update_table(models_folder: Path) -> None:
    """Write the table of models/README.md anew."""
    replace_between(models_folder / "README.md", TABLE_BEGIN, TABLE_END, models_table(models_folder))


def replace_between(file: Path, begin: str, end: str, text: str) -> None:
    """Raises: ValueError when the file lacks a mark."""
    before, _, rest = file.read_text().partition(begin)
    _, mark, after = rest.partition(end)
    if not mark:
        raise ValueError(f"{file} lacks the marks '{begin}' and '{end}'")
    file.write_text(f"{before}{begin}\n\n{text}\n\n{end}{after}")


def models_table(models_folder: Path) -> str:
    """One row of Markdown for each model, from its spec.json and metrics.json; test part only."""
    rows = []
    for spec_file in (folder / "spec.json" for folder in folders_of_kind(models_folder, "classifier")):
        spec, report = (json.loads((spec_file.parent / name).read_text()) for name in ("spec.json", "metrics.json"))
        test, name = spec["metrics"]["test"], spec["name"]
        curves = report["auc"]["test"]
        rows.append([
            f"[{name}]({name}/card.md)", len(spec["classes"]), f"{test['correct']} of {test['images']}",
            f"{percent(test['accuracy'])} ({interval(test['accuracy_interval_95'])})", elsewhere_words(spec), percent(test["balanced_accuracy"]),
            ", ".join(f"{pair} {one['auc']:.3f}" for pair, one in curves.items()), percent(test["ece"]), percent(test["unsure"]),
            percent(test["accuracy_when_sure"]), spec["network"]["architecture"], f"{spec['input']['width_px']} px",
            f"{spec['network']['parameters'] / 1e6:.2f} million", f"{spec['network']['bytes'] / 1e6:.2f} MB",
        ])
    header = [
        "model", "classes", "right at home", "accuracy at home (95 % interval)", "elsewhere", "balanced", "area under the curve", "calibration error", "unsure",
        "right when sure", "network", "input", "parameters", "size",
    ]
    return "\n".join(table(header, rows))


def elsewhere_words(spec: dict) -> str:
    """On images of another source, in a few words."""
    found = spec["metrics"].get("elsewhere")
    if not found:
        return "never measured"
    right = f", {percent(found['named_correct'] / found['named'])} of the {found['named']} named" if found["named"] else ", none named"
    return f"{percent(found['accuracy'])} ({interval(found['accuracy_interval_95'])}) of {found['images']}{right}"


def numbers(spec: dict, report: dict) -> str:
    """Write the numbers as Markdown.

    Args:
        spec: a complete spec.json.
        report: the model's metrics.json.
    """
    sections = [
        ("Headline", headline(spec, report)),
        ("Confusion matrix of the test part", confusion(spec)),
        ("Classes, test part", classes(spec, report)),
        ("Mistakes, test part", [f"- {line}" for line in report["confused"].get("test", [])]),
        ("One kind against another", contrasts(report)),
        ("Calibration", calibration(report)),
        ("What doubt buys", risk_coverage(report)),
        ("Images of another kind", novelty(spec, report)),
        ("By sitting, another day", sittings(report)),
        ("By folds of connected tiles", folds(report)),
        ("Other laboratories", elsewhere(report)),
        ("Sets of images", sets(report)),
        ("Disturbed images, validation part", disturbed(report)),
        ("Simpler methods on the same split", controls(report)),
        ("Checks against leaks", leaks(report)),
        ("Further checks", other_parts(report)),
        ("Uncut originals", originals(report)),
    ]
    return "\n\n".join(f"### {title}\n\n" + "\n".join(lines) for title, lines in sections if lines)


def table(header: list[str], rows: list[list]) -> list[str]:
    rule = ["---"] + ["---:"] * (len(header) - 1)
    return ["| " + " | ".join(str(cell) for cell in row) + " |" for row in [header, rule, *rows]]


def percent(share: float, digits: int = 1) -> str:
    return f"{100 * share:.{digits}f} %"


def interval(bounds: list[float]) -> str:
    return f"{100 * bounds[0]:.1f}–{100 * bounds[1]:.1f} %"


def headline(spec: dict, report: dict) -> list[str]:
    judge, bounds = spec["judge"], report["intervals"]
    parts = {name: part for name, part in spec["metrics"].items() if name in bounds}
    rows = [
        ["right", *(f"{part['correct']} of {part['images']}" for part in parts.values())],
        ["accuracy", *(percent(part["accuracy"], 2) for part in parts.values())],
        ["95 % Wilson interval", *(interval(part["accuracy_interval_95"]) for part in parts.values())],
        ["balanced accuracy", *(f"{percent(part['balanced_accuracy'], 2)} ({interval(bounds[name]['balanced_accuracy'])})" for name, part in parts.items())],
        ["macro F1", *(f"{part['macro_f1']:.4f} ({plain(bounds[name]['macro_f1'])})" for name, part in parts.items())],
        ["expected calibration error, 15 bins", *(f"{percent(part['ece'], 2)} ({interval(bounds[name]['ece'])})" for name, part in parts.items())],
        ["called unsure", *(percent(part["unsure"]) for part in parts.values())],
        ["accuracy when sure", *(percent(part["accuracy_when_sure"], 2) for part in parts.values())],
    ]
    return [
        *table(["", *parts], rows), "",
        f"Temperature {judge['temperature']}, unsure below {judge['abstain_below']}, both chosen on the validation part: the threshold is the",
        f"smallest from 0.50 to 0.90 at which {percent(report['aim'])} of the validation images at or above it are right, or 0.90 where none is.",
        "In brackets 95 % bootstrap intervals.",
    ]


def confusion(spec: dict) -> list[str]:
    names = [entry["name"] for entry in spec["classes"]]
    letters = [entry["letter"] for entry in spec["classes"]]
    if "test" not in spec["metrics"]:
        return []
    counts = spec["metrics"]["test"]["confusion"]
    rows = [[f"{name} ({letter})", *row] for name, letter, row in zip(names, letters, counts)]
    return table(["true ↓ called →", *letters], rows)


def classes(spec: dict, report: dict) -> list[str]:
    measured = report["classes"].get("test", {})
    name_of = {entry["id"]: entry["name"] for entry in spec["classes"]}
    rows = [
        [name_of[key], percent(one["recall"]), interval(one["recall_interval_95"]), percent(one["precision"]),
         f"{one['f1']:.3f}"]
        for key, one in measured.items()
    ]
    return rows and table(["class", "recall", "95 % Wilson interval", "precision", "F1"], rows)


def plain(bounds: list[float]) -> str:
    return f"{bounds[0]:.3f}–{bounds[1]:.3f}"


def contrasts(report: dict) -> list[str]:
    rows = [
        [pair.replace("+", " or ").replace("/", " against "), part, *one["images"], f"{one['auc']:.3f}", plain(one["interval_95"])]
        for part, pairs in report["auc"].items() for pair, one in pairs.items()
    ]
    return rows and table(["pair", "part", "images of the first", "of the second", "area under the ROC curve", "95 % bootstrap interval"], rows)


def risk_coverage(report: dict) -> list[str]:
    """The surest part of the images and how much of it is wrong; empty before the test part was looked at."""
    if "test" not in report["risk_coverage"]:
        return []
    curves = report["risk_coverage"].values()
    rows = [
        [percent(at[0]["decided"], 0), *(cell for one in at for cell in (percent(one["wrong"], 2), f"{one['threshold']:.2f}"))]
        for at in zip(*curves)
    ]
    header = ["images decided", *(f"{name}: {what}" for name in report["risk_coverage"] for what in ("wrong", "threshold"))]
    return [*table(header, rows), "", "![Risk over coverage](risk_coverage.png) ![Reliability diagram](reliability.png)"]


def novelty(spec: dict, report: dict) -> list[str]:
    found = report["novelty"]
    rows = [
        [
            name, one["images"], percent(one["share"]), percent(one["quality"]["share"]), percent(one["either"]["share"]), interval(one["either"]["interval_95"]),
            f"{one['auroc']:.3f}" if "auroc" in one else "", ", ".join(f"{measure} {percent(share, 0)}" for measure, share in main_measures(one)),
        ]
        for name, one in [
            *((f"{part} part of the model's own images", one) for part, one in found["usual"].items()),
            *found["foreign"].items(), *((f"own images spoiled: {name}", one) for name, one in found["spoiled"].items()),
        ]
    ]
    header = ["images", "number", "unlike the training images", "image quality", "flagged by either", "95 % Wilson interval", "AUROC of novelty", "measures outside their limits"]
    return [
        *table(header, rows), "",
        f"Unlike: Mahalanobis distance of the pooled features, and of how structures lie in the crop, above {spec['novelty']['threshold']}, chosen on the "
        "validation part so that both together flag at most 4.5 % of it. Image quality: limits of plain measures, of the training and validation parts together; "
        "each leaves at most 0.25 % of them outside. \"Fitted\": brought to the size and the channels of the model's own images first, so that "
        "neither gives them away. Samples: the drawn images of all models, its own among them, which should pass.",
        *exposure(report),
    ]


def exposure(report: dict) -> list[str]:
    """What was shown as foreign, and what a kind comes to that was not; empty for a model that was shown nothing."""
    found = report.get("exposure", {"shown": {}})
    if not found["shown"]:
        return []
    rows = [[name, one["images"], percent(one["share"]), interval(one["interval_95"])] for name, one in found["left_out"].items()]
    return [
        "", "Shown as foreign: " + ", ".join(f"{kind} ({count})" for kind, count in found["shown"].items()) + "; other images than those counted above. Photographs, "
        "samples, blank images and noise were not shown. What is flagged of each kind by a score that was shown the others but not it:", "",
        *table(["kind not shown", "number", "flagged by either", "95 % Wilson interval"], rows),
    ]


def main_measures(one: dict) -> list[tuple[str, float]]:
    """The three measures that flag most."""
    return sorted(one["by_measure"].items(), key=lambda entry: -entry[1])[:3]


def controls(report: dict) -> list[str]:
    """Random forests on simple features; none for colour images."""
    pairs = list(next(iter(report["auc"].values())))
    rows = [
        [name, part, percent(one["accuracy"]), interval(one["interval_95"]), percent(one["balanced_accuracy"]), *(f"{one['auc'][pair]:.3f}" for pair in pairs)]
        for name, parts in report["controls"].items() for part, one in parts.items()
    ]
    header = ["random forest on", "part", "accuracy", "95 % Wilson interval", "balanced accuracy", *(f"AUC {pair}" for pair in pairs)]
    return rows and table(header, rows)


def other_parts(report: dict) -> list[str]:
    rows = [
        [name.replace("_", " "), one["images"], percent(one["accuracy"]), interval(one["interval_95"]), ", ".join(f"{label} {count}" for label, count in one["called"].items())]
        for name, one in {**report["other_parts"], **report.get("companions", {})}.items()
    ]
    return rows and table(["images", "number", "right", "95 % Wilson interval", "called"], rows)


def calibration(report: dict) -> list[str]:
    rows = [
        [part, *(percent(both[when]["ece"], 2) for when in both), *(f"{both[when]['nll']:.4f}" for when in both)]
        for part, both in report["calibration"].items()
    ]
    header = ["", "error before temperature", "after", "negative log-likelihood before", "after"]
    return table(header, rows)


def share_words(one: dict) -> str:
    """A count, what of, and the share with its interval where it is of any."""
    return f"{one['count']} of {one['of']}" + (f": {percent(one['share'])} ({interval(one['interval_95'])})" if one["of"] else "")


def sittings(report: dict) -> list[str]:
    """Cancer lines by density and folder; written by scripts/measure_sittings.py."""
    found = report.get("sittings")
    if not found:
        return []

    every, copies = found["all"], found["copies"]
    rows = [["all of day 3", share_words(every), f"{every['auc']:.3f}", "", ""]]
    rows += [[f"seeded at {name}", share_words(one["all"]), f"{one['all']['auc']:.3f}", share_words(one["mda_mb_231"]), share_words(one["pc3"])] for name, one in found["densities"].items()]
    rows += [[f"control: {name}", share_words(one), f"{one['auc']:.3f}", "", ""] for name, one in found["controls"].items()]
    return [
        *table(["", "right", "area under the curve", "MDA-MB-231", "PC3"], rows), "",
        f"Wilson intervals of 95 %. Over the six folders of day 3, drawn with replacement, the accuracy is {interval(every['by_folder_95'])} and the area {plain(every['auc_by_folder_95'])}: cells of one",
        f"sitting are no independent witnesses. Controls: a random forest on days 1 and 2. Of the data set's {copies['images']} images {copies['originals']} are originals, {copies['with_copies']} of them with copies, of which one counts.",
    ]


def folds(report: dict) -> list[str]:
    """Viability, every cell named by a network that saw no tile connected with its own; written by scripts/measure_folds.py."""
    found = report.get("folds")
    if not found:
        return []

    rows = [[name, share_words(one["all"]), percent(one["balanced_accuracy"]), f"{one['auc']:.3f}", share_words(one["live"]), share_words(one["dead"])] for name, one in found["parts"].items()]
    return [
        *table(["tested on", "right", "balanced", "area under the curve", "live", "dead"], rows), "",
        f"Three networks of {found['epochs']} epochs, each learned from two folds and tested on the third, their last weights kept: nothing is chosen by a fold. Tiles of a group, and tiles that show the same pixels,",
        "are in one fold, and of such tiles one is tested. The shipped network is none of the three. The area of all is the mean of the three. Wilson intervals of 95 %.",
    ]


def elsewhere(report: dict) -> list[str]:
    """What models make of a laboratory that they never saw; written by scripts/measure_elsewhere.py."""
    found = report.get("elsewhere")
    if not found:
        return []

    lines = {
        "right, of all types": "all_types", "right, of the types that the laboratory has": "own_types", "neither image quality nor novelty objects": "nameable",
        "named in a foreign set": "named", "right of those named": "right_of_named",
        "named, where only its types can occur": "named_among_own_types", "right of those": "right_of_named_among_own_types",
    }
    places = found["laboratories"]
    rows = [[name, *(share_words(place[key]) for place in places.values())] for name, key in lines.items()]
    rows.insert(2, ["the same, mean over types", *(percent(place["own_types_balanced"]) for place in places.values())])
    by = "By this model, which saw neither" if found.get("by_itself") else "By a model each that was trained without this laboratory and with the other"
    why = f"the smallest probability at which {percent(found['aim'], 0)} of the cells named are right, the laboratories weighing the same, or the highest tried." \
        if any(place["named"]["count"] for place in places.values()) else "since none is named at any probability, that of other models, for care."
    return [
        *table(["", *(f"laboratory {name}, never seen" for name in places)], rows), "",
        f"{by}. In a foreign set a type is named from {found['abstain_below']} on:",
        why,
    ]


def sets(report: dict) -> list[str]:
    """What of whole sets of images is called foreign; written by scripts/fit_batch.py."""
    found = report.get("batch")
    if not found:
        return []
    kinds = {
        "test part, as it is and in any mixture of types": found["test"], **{f"validation part, {name}": shares for name, shares in found["elsewhere"].items()},
        **{f"laboratory {name} elsewhere": shares for name, shares in found.get("laboratories", {}).items()}, **found["foreign"],
    }
    rows = [[name, *(percent(shares[str(size)]) for size in found["sets_of"]), percent(shares["right"]) if "right" in shares else ""] for name, shares in kinds.items()]
    return [
        "Share of sets drawn at random that are called foreign as a whole: by the mean deviation of their features or of their look, limits fitted on subsets of the validation part.",
        "Beside it what single cells of them are named rightly: where that holds, not to notice does no harm.", "",
        *table(["sets from", *(f"of {size}" for size in found["sets_of"]), "single cells right"], rows),
    ]


def disturbed(report: dict) -> list[str]:
    rows = [
        [name, f"{one['correct']} of {one['images']}", percent(one["accuracy"]), interval(one["interval_95"])]
        for name, one in report["disturbed_validation"].items()
    ]
    return table(["disturbance", "right", "accuracy", "95 % Wilson interval"], rows)


def leaks(report: dict) -> list[str]:
    found = report["duplicates_of_training_images"]
    lines = [
        f"- Validation and test files equal to a training file, byte for byte: {found['equal_files']}.",
        f"- Pairs whose 32×32 grey thumbnails correlate by {found['near_means_correlation_of']} or more in any of the "
        f"eight orientations: {found['near_pairs']}; the highest correlation is {found['highest_correlation']} "
        f"({' and '.join(found['highest_pair'])}).",
    ]
    if "corners_only_validation" in report:
        control = report["corners_only_validation"]
        lines.append(
            f"- The four corners of {control['corner_px']} px alone, where the cell is not: a logistic regression on the "
            f"pre-trained network's features names {percent(control['accuracy'])} of the validation part rightly; "
            f"guessing gives {percent(control['guessing'])}."
        )
    return lines


def originals(report: dict) -> list[str]:
    found = report.get("originals")
    if not found:
        return []
    names = {"all": "all", "train": "of the training part", "val": "of the validation part", "test": "of the test part"}
    rows = [
        [name, f"{found[part]['correct']} of {found[part]['images']}", interval(found[part]["interval_95"])]
        for part, name in names.items()
    ]
    lines = table(["", "right", "95 % Wilson interval"], rows)
    return lines + ["", f"Named wrongly: {'; '.join(found['wrong']) or 'none'}."]
