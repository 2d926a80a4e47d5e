"""The numbers of a model card, written from spec.json and metrics.json so that they cannot disagree."""

from pathlib import Path

BEGIN = "<!-- numbers: written by scripts/evaluate.py -->"
END = "<!-- end of numbers -->"


def update_card(card_file: Path, spec: dict, report: dict) -> None:
    """Replace what stands between the two marks of a card.

    Raises: ValueError when the card lacks a mark.
    """
    text = card_file.read_text()
    before, _, rest = text.partition(BEGIN)
    _, mark, after = rest.partition(END)
    if not mark:
        raise ValueError(f"{card_file} lacks the marks '{BEGIN}' and '{END}'")
    card_file.write_text(f"{before}{BEGIN}\n\n{numbers(spec, report)}\n\n{END}{after}")


def numbers(spec: dict, report: dict) -> str:
    """Write the numbers as Markdown.

    Args:
        spec: a complete spec.json.
        report: the model's metrics.json.
    """
    sections = [
        ("Headline", headline(spec)),
        ("Confusion matrix of the test part", confusion(spec)),
        ("Classes, test part", classes(spec, report)),
        ("Mistakes, test part", [f"- {line}" for line in report["confused"].get("test", [])]),
        ("Calibration", calibration(report)),
        ("Disturbed images, validation part", disturbed(report)),
        ("Checks against leaks", leaks(report)),
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


def headline(spec: dict) -> list[str]:
    parts, judge = spec["metrics"], spec["judge"]
    rows = [
        ["right", *(f"{part['correct']} of {part['images']}" for part in parts.values())],
        ["accuracy", *(percent(part["accuracy"], 2) for part in parts.values())],
        ["95 % Wilson interval", *(interval(part["accuracy_interval_95"]) for part in parts.values())],
        ["balanced accuracy", *(percent(part["balanced_accuracy"], 2) for part in parts.values())],
        ["macro F1", *(f"{part['macro_f1']:.4f}" for part in parts.values())],
        ["expected calibration error, 15 bins", *(percent(part["ece"], 2) for part in parts.values())],
        ["called unsure", *(percent(part["unsure"]) for part in parts.values())],
        ["accuracy when sure", *(percent(part["accuracy_when_sure"], 2) for part in parts.values())],
    ]
    return [
        *table(["", *parts], rows), "",
        f"Temperature {judge['temperature']}, unsure below {judge['abstain_below']}, both chosen on the validation part.",
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


def calibration(report: dict) -> list[str]:
    rows = [
        [part, *(percent(both[when]["ece"], 2) for when in both), *(f"{both[when]['nll']:.4f}" for when in both)]
        for part, both in report["calibration"].items()
    ]
    header = ["", "error before temperature", "after", "negative log-likelihood before", "after"]
    return table(header, rows)


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
