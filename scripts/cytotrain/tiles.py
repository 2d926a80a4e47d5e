"""The tiles of `viability` and the part of the split that each is in: one rule for its cells and for finding them."""

import csv
import random
from pathlib import Path

import numpy as np
from PIL import Image

FOLDS = ("tiles-0", "tiles-1", "tiles-2")
COPIES = Path(__file__).resolve().parents[1] / "viability_copies.csv"


def read_rows(file: Path) -> list[dict[str, str]]:
    """Rows of a CSV file; of the data set's boxes.csv: image, label, x0, y0, x1, y1 in px, group, …"""
    with file.open(newline="") as rows:
        return list(csv.DictReader(rows))


def read_copies() -> list[tuple[str, str, np.ndarray]]:
    """Pairs of tiles that show the same pixels, and the 2×3 matrix from the first to the second, both in px from the first pixel's middle."""
    return [(row["image"], row["copy"], np.array(row["matrix"].split(), float).reshape(2, 3)) for row in read_rows(COPIES)]


def by_order(share: float, gap: float) -> str:
    """Split a sequence in its order: seven tenths, one tenth, two tenths, with gaps before the second and the third."""
    for start, part in ((0.8, "test"), (0.7, "val")):
        if share >= start + gap:
            return part
        if share >= start:
            return "gap"
    return "train"


def parts_of(folder: Path) -> dict[str, str]:
    """The part of each tile: "train", "val", "test", or "gap" for one that must not be used.

    Groups are drawn at random, 70 %, 10 % and 20 %. Tiles all of one grey, as overexposed ones are, show none of the cells that are
    labelled in them. Tiles overlap, and some are others turned, mirrored or brightened (scripts/find_copies.py), which the groups
    do not know: a validation tile with a copy in the training part, or a test tile with one in either, would test what was learned.
    """
    group_of = {row["image"]: row["group"] for row in read_rows(folder / "boxes.csv")}
    groups = sorted(set(group_of.values()), key=int)
    random.Random(1).shuffle(groups)
    part_of = {group: by_order(rank / len(groups), 0) for rank, group in enumerate(groups)}
    drawn = {image: part_of[group] for image, group in group_of.items()}
    pairs = [(first, second) for first, second, _ in read_copies()]
    learned_from = {"train": (), "val": ("train",), "test": ("train", "val")}
    # Of copies in one part the first counts, but in the training part, where they do no harm.
    spoiled = {two for one, two in pairs if drawn[one] == drawn[two] != "train"}
    spoiled |= {one for pair in pairs for one, other in (pair, pair[::-1]) if drawn[other] in learned_from[drawn[one]]}
    return {image: "gap" if image in spoiled or is_blank(folder / "images" / image) else part for image, part in drawn.items()}


def parts_without(folder: Path, fold: str) -> dict[str, str]:
    """The part of each tile where a fold judges what was learned from the others: "val" in the fold, "train" outside, or "gap"
    for a blank tile and, in the fold, for all but the first of tiles that show the same pixels."""
    fold_of = folds_of(folder)
    counted_twice = {two for one, two, _ in read_copies() if fold_of.get(one) == fold_of.get(two) == fold}
    drawn = {row["image"] for row in read_rows(folder / "boxes.csv")}
    return {image: "gap" if image not in fold_of or image in counted_twice else "val" if fold_of[image] == fold else "train" for image in drawn}


def is_blank(file: Path) -> bool:
    with Image.open(file) as tile:
        return np.ptp(np.asarray(tile)) == 0


def folds_of(folder: Path) -> dict[str, str]:
    """The one of FOLDS that each tile is in that shows something: tiles of a group, and tiles that show the same pixels, share one.

    Connected tiles are drawn into folds at random, the largest sets of them first, each into the fold that has least.
    """
    group_of = {row["image"]: row["group"] for row in read_rows(folder / "boxes.csv")}
    joined = {image: image for image in group_of}

    def head(image: str) -> str:
        while joined[image] != image:
            image = joined[image]
        return image

    first_of: dict[str, str] = {}
    for one, other in [*((image, first_of.setdefault(group, image)) for image, group in group_of.items()), *((a, b) for a, b, _ in read_copies())]:
        joined[head(one)] = head(other)
    sets: dict[str, list[str]] = {}
    for image in sorted(group_of):
        if not is_blank(folder / "images" / image):
            sets.setdefault(head(image), []).append(image)
    drawn = sorted(sets.values())
    random.Random(1).shuffle(drawn)
    folds: dict[str, list[str]] = {fold: [] for fold in FOLDS}
    for images in sorted(drawn, key=len, reverse=True):
        min(folds.values(), key=len).extend(images)
    return {image: fold for fold, images in folds.items() for image in images}
