"""Measure how well cells are found, ours beside a recipe of OpenCV, on the same images with the same scorer.

    python scripts/score_detection.py --data ../shared/data --node node_modules/.bin/node

Needs the built core (scripts/build); for the peer `pip install opencv-python-headless scikit-image`, else its rows are left out with a
word. A cell is found when its box and a labelled box, one to one, overlap by an intersection over union of 0.5 or more; where masks
are labelled (`phase-contrast`) there is a second row by outlines and masks: what a thin process does to a box says little about the cell.
With --folds, the folder that scripts/train_detector.py keeps its runs in, the recipes of both networks are measured on
frames that they did not see.
The settings of both were chosen on the tuning parts only: `viability` tiles that cytotrain/tiles.py calls train, the
`phase-contrast` frames set1 and set14. Intervals: 95 %, bootstrap over the groups or frames. `cell-lines` has no boxes:
the share of its automatic centres that lie in one found box and the counts are printed.
"""

import argparse
import json
import subprocess
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Callable

import numpy as np
from PIL import Image, ImageDraw
from scipy import ndimage
from scipy.optimize import linear_sum_assignment

from cytotrain.tiles import FOLDS, folds_of, is_blank, parts_of, read_copies, read_rows

ROUND = {"least_diameter": 14, "most_diameter": 45}
ADHERENT = {"least_diameter": 25, "most_diameter": 130, "method": "adherent"}
LINES = {"pixel_size_um": 1.25, "least_diameter": 12, "most_diameter": 60}
PHASE_TUNE = ("set1", "set14")
# The frames that were there first, and the others: two folds.
PHASE_FIRST = ("set1", "set6", "set11", "set14", "set20")
PHASE_LATER = tuple(f"set{number}" for number in (2, 4, 8, 10, 12, 16, 18, 22, 24, 26, 28, 30, 32, 34, 36, 38, 40, 42, 44))
PHASE_FOLDS = {"first-five": PHASE_FIRST, "later": PHASE_LATER}
PHASE_TEST = tuple(name for name in (*PHASE_FIRST, *PHASE_LATER) if name not in PHASE_TUNE)
BORDER_PX = 20  # cells of `viability` farther from the edge are whole
LEAST_MASK_PX = 100  # smaller labelled masks are crumbs of an annotation


@dataclass
class Labelled:
    """A frame and its truth: boxes N×4 of left, top, right, bottom in px; frames of a group are drawn together."""

    path: Path
    group: str
    boxes: np.ndarray = field(default_factory=lambda: np.zeros((0, 4)))
    masks: np.ndarray | None = None
    """H×W: 0, or the number of the cell, as `boxes` has them, from 1."""


Found = tuple[list[np.ndarray], list[dict]]
"""Of each frame the boxes, N×4, and what else is known: `outlines`, or `masks` as pairs of left and top and a Boolean array."""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", required=True, type=Path)
    parser.add_argument("--node", default="node", help="a Node that runs TypeScript")
    parser.add_argument("--part", choices=("tune", "test"), default="test")
    parser.add_argument("--folds", type=Path, help="runs of train_detector.py, with first-five, later and tiles-0 to tiles-2")
    parser.add_argument("--overlays", type=Path, help="folder to draw the cell-lines frames into")
    arguments = parser.parse_args()
    ours = lambda settings: lambda paths: cytodrop(arguments.node, settings, paths)
    detector_of = lambda fold: str((arguments.folds / fold / "detector").resolve())
    print("| images | finder | F1 | precision | recall | count error | frames, cells |\n|---|---|---|---|---|---|---|")
    frames = viability(arguments.data / "viability", "train" if arguments.part == "tune" else "test")
    if arguments.folds:
        # The shipped network learned from all tiles; each of its folds is asked about those it has not seen.
        every, found = [], []
        for fold in FOLDS:
            unseen = viability(arguments.data / "viability", fold)
            boxes, _ = ours({**ROUND, "method": "network_round", "detector": detector_of(fold)})([frame.path for frame in unseen])
            every, found = [*every, *unseen], [*found, *boxes]
        report("viability, all tiles", "Cytodrop, network for round cells, each tile by the fold that has not seen it", every, lambda _: (found, []), overlaps=(0.5, 0.1))
    report("viability", "Cytodrop, round", frames, ours(ROUND))
    report("viability", "OpenCV, scikit-image", frames, lambda paths: opencv(paths, 14, 45))
    frames, again, (both, same) = labelled_twice(arguments.data / "viability")
    report("viability, all parts, cells in two tiles", "their author, in the other tile", frames, lambda _: (again, []), overlaps=(0.5, 0.1))
    frames = phase_contrast(arguments.data / "phase-contrast", PHASE_TUNE if arguments.part == "tune" else PHASE_TEST)
    # The shipped network for spread cells learned from all of these frames; train_detector.py measures its recipe on frames not seen.
    report("phase-contrast", "Cytodrop, adherent", frames, ours(ADHERENT))
    report("phase-contrast", "Cytodrop, round", frames, ours({**ADHERENT, "method": "round"}))
    report("phase-contrast", "OpenCV, scikit-image", frames, lambda paths: opencv(paths, 25, 130))
    if arguments.folds:
        every, found, results = [], [], []
        for fold, names in PHASE_FOLDS.items():
            unseen = phase_contrast(arguments.data / "phase-contrast", names)
            boxes, others = ours({**ADHERENT, "method": "network_adherent", "detector": detector_of(fold)})([frame.path for frame in unseen])
            report(f"phase-contrast, {fold}", "Cytodrop, network for spread cells that has not seen them", unseen, lambda _: (boxes, others))
            every, found, results = [*every, *unseen], [*found, *boxes], [*results, *others]
        report("phase-contrast, all", "Cytodrop, network for spread cells, each frame by the fold that has not seen it", every, lambda _: (found, results))
    print(f"\nOf {both} cells that the author boxed in two tiles {same} are called the same, live or dead.")
    cell_lines(arguments.data / "cell-lines", arguments.node, arguments.overlays)


def viability(folder: Path, part: str) -> list[Labelled]:
    part_of = folds_of(folder) if part in FOLDS else parts_of(folder)
    boxes: dict[tuple[str, str], list[list[int]]] = {}
    for row in read_rows(folder / "boxes.csv"):
        if part_of.get(row["image"]) == part:
            boxes.setdefault((row["image"], row["group"]), []).append([int(row[c]) for c in ("x0", "y0", "x1", "y1")])
    return [Labelled(folder / "images" / image, group, np.array(found)) for (image, group), found in boxes.items()]


def labelled_twice(folder: Path) -> tuple[list[Labelled], list[np.ndarray], tuple[int, int]]:
    """Pairs of tiles that show the same pixels: the labels of one, and those of the other in the px of the first.

    Only cells that lie well inside both are kept.
    Returns: frames; boxes of each, N×4; how many cells are boxed in both (any overlap of 0.1), and how many of them are called the same.
    """
    labels: dict[str, list[list[int]]] = {}
    for row in read_rows(folder / "boxes.csv"):
        labels.setdefault(row["image"], []).append([*(int(row[c]) for c in ("x0", "y0", "x1", "y1")), row["label"] == "live"])
    frames, again, both, same = [], [], 0, 0
    for first, second, matrix in read_copies():
        here, there = (folder / "images" / image for image in (first, second))
        if is_blank(here):
            continue
        back = np.linalg.inv(np.vstack([matrix, [0, 0, 1]]))[:2]
        mine, theirs = (np.array(labels[image], float) for image in (first, second))
        mine = mine[is_inside(mine, here) & is_inside(moved(mine, matrix), there)]
        theirs = theirs[is_inside(theirs, there)]
        theirs[:, :4] = moved(theirs, back)
        theirs = theirs[is_inside(theirs, here)]
        frames.append(Labelled(here, first, mine[:, :4]))
        again.append(theirs[:, :4])
        both += matched(again[-1], frames[-1].boxes, 0.1)
        same += sum(matched(theirs[theirs[:, 4] == live, :4], mine[mine[:, 4] == live, :4], 0.1) for live in (0, 1))
    return frames, again, (both, same)


def moved(boxes: np.ndarray, matrix: np.ndarray) -> np.ndarray:
    """Boxes N×4 around what a 2×3 matrix, of places counted from the first pixel's middle, makes of N boxes."""
    corners = boxes[:, [[0, 1], [2, 3]]] - 0.5
    corners = corners @ matrix[:, :2].T + matrix[:, 2] + 0.5
    return np.hstack([corners.min(1), corners.max(1)])


def is_inside(boxes: np.ndarray, file: Path) -> np.ndarray:
    """Which of N boxes have their middle at least BORDER_PX inside an image."""
    middles = (boxes[:, :2] + boxes[:, 2:4]) / 2
    with Image.open(file) as image:
        return ((middles >= BORDER_PX) & (middles <= np.array(image.size) - BORDER_PX)).all(1)


def phase_contrast(folder: Path, names: tuple[str, ...]) -> list[Labelled]:
    """Frames of the given names, as `set1`."""
    frames = []
    for name in names:
        masks = np.asarray(Image.open(folder / f"{name}-instances.png")).astype(int)
        areas = np.bincount(masks.ravel())
        kept = {label: where for label, where in labelled_slices(masks) if areas[label] >= LEAST_MASK_PX}
        numbers = np.zeros(len(areas), int)
        numbers[list(kept)] = np.arange(1, len(kept) + 1)
        frames.append(Labelled(folder / f"{name}.tif", name, np.array([[x.start, y.start, x.stop, y.stop] for y, x in kept.values()]), numbers[masks]))
    return frames


def labelled_slices(masks: np.ndarray) -> list[tuple[int, tuple[slice, slice]]]:
    return [(label, where) for label, where in enumerate(ndimage.find_objects(masks), 1) if where is not None]


def cytodrop(node: str, settings: dict, paths: list[Path], times: int = 1) -> Found:
    names = "\n".join(str(path.resolve()) for path in paths)
    command = [node, Path(__file__).with_name("detect.ts"), json.dumps(settings), str(times)]
    lines = subprocess.run(command, input=names, capture_output=True, text=True, check=True).stdout.splitlines()
    results = [json.loads(line) for line in lines]
    if len(results) != len(paths) or any("error" in result for result in results):
        raise RuntimeError(f"not every frame was searched: {[r for r in results if 'error' in r][:3]}")
    return [np.array(result["boxes"]).reshape(-1, 4) for result in results], results


def opencv(paths: list[Path], least: float, most: float) -> Found:
    """The usual recipe: background by a wide median, local deviation, Otsu, closing, holes, opening, distance,
    watershed (scikit-image's: OpenCV's own knows no mask and lets the background eat the rims)."""
    import cv2
    from skimage.segmentation import watershed

    boxes, results = [], []
    for path in paths:
        pixels = np.asarray(Image.open(path)).astype(np.float32)
        start = time.perf_counter()
        pixels = pixels if pixels.ndim == 2 else pixels[..., :3].mean(2)
        low, high = pixels.min(), pixels.max()
        grey = ((pixels - low) * (255 / max(high - low, 1e-6))).astype(np.uint8)
        small = cv2.medianBlur(cv2.resize(grey, None, fx=0.25, fy=0.25, interpolation=cv2.INTER_AREA), min(int(most / 2) | 1, 101))
        flat = cv2.absdiff(grey, cv2.resize(small, grey.shape[::-1], interpolation=cv2.INTER_LINEAR))
        deviation = cv2.GaussianBlur(flat, (0, 0), least / 12)
        level, _ = cv2.threshold(deviation, 0, 255, cv2.THRESH_BINARY + cv2.THRESH_OTSU)
        _, mask = cv2.threshold(deviation, 0.5 * level, 255, cv2.THRESH_BINARY)  # half found more on the tuning parts
        disc = lambda size: cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (2 * round(size) + 1,) * 2)
        mask = cv2.morphologyEx(mask, cv2.MORPH_CLOSE, disc(0.2 * least))
        contours, _ = cv2.findContours(mask, cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_NONE)
        cv2.drawContours(mask, contours, -1, 255, cv2.FILLED)
        mask = cv2.morphologyEx(mask, cv2.MORPH_OPEN, disc(0.2 * least))
        distance = cv2.GaussianBlur(cv2.distanceTransform(mask, cv2.DIST_L2, 5), (0, 0), least / 12)
        tops = (distance >= cv2.dilate(distance, disc(0.4 * least)) - 1e-6) & (distance > 0.25 * least)
        _, seeds = cv2.connectedComponents(tops.astype(np.uint8))
        labels = watershed(-distance, seeds, mask=mask > 0)
        found, masks = [], []
        areas = np.bincount(labels.ravel())
        for label, (y, x) in labelled_slices(labels):
            if least <= 2 * np.sqrt(areas[label] / np.pi) <= most:
                found.append([x.start, y.start, x.stop, y.stop])
                masks.append(((x.start, y.start), labels[y, x] == label))
        results.append({"ms": [1000 * (time.perf_counter() - start)], "masks": masks})
        boxes.append(np.array(found).reshape(-1, 4))
    return boxes, results


def matched(found: np.ndarray, truth: np.ndarray, least_overlap: float = 0.5) -> int:
    """How many boxes can be paired one to one at that intersection over union."""
    if len(found) == 0 or len(truth) == 0:
        return 0
    a, b = found[:, None], truth[None]
    sides = np.clip(np.minimum(a[..., 2:], b[..., 2:]) - np.maximum(a[..., :2], b[..., :2]), 0, None)
    both = sides.prod(-1)
    overlap = both / ((a[..., 2:] - a[..., :2]).prod(-1) + (b[..., 2:] - b[..., :2]).prod(-1) - both)
    return paired(overlap, least_overlap)


def paired(overlap: np.ndarray, least_overlap: float) -> int:
    """How many of N found can be paired one to one with M labelled ones, by their N×M intersections over unions."""
    good = overlap >= least_overlap
    rows, columns = linear_sum_assignment(-np.where(good, 1 + overlap, 0))
    return int(good[rows, columns].sum())


def matched_masks(found: dict, truth: np.ndarray, least_overlap: float = 0.5) -> int:
    """How many outlines or masks can be paired with those of H×W numbered from 1 in the same way."""
    masks = found["masks"] if "masks" in found else [mask_of(outline) for outline in found["outlines"]]
    areas = np.bincount(truth.ravel())
    overlap = np.zeros((len(masks), len(areas) - 1))
    for row, ((left, top), mask) in zip(overlap, masks):
        # What lies beyond the frame is cut off.
        mask = mask[max(0, -top):, max(0, -left):][:truth.shape[0] - max(0, top), :truth.shape[1] - max(0, left)]
        seen = truth[max(0, top):, max(0, left):][:mask.shape[0], :mask.shape[1]]
        both = np.bincount(seen[mask], minlength=len(areas))[1:]
        row[:] = both / (mask.sum() + areas[1:] - both)
    return paired(overlap, least_overlap) if overlap.size else 0


def mask_of(outline: list[float]) -> tuple[tuple[int, int], np.ndarray]:
    """The pixels in a polygon of x, y, x, y, …: left and top, and a Boolean array."""
    points = np.array(outline).reshape(-1, 2)
    left, top = np.floor(points.min(0)).astype(int)
    width, height = np.ceil(points.max(0)).astype(int) - (left, top)
    mask = Image.new("1", (max(1, width), max(1, height)))
    # A pixel's middle lies half a pixel from its edge.
    ImageDraw.Draw(mask).polygon([(x - left - 0.5, y - top - 0.5) for x, y in points.tolist()], fill=1)
    return (int(left), int(top)), np.asarray(mask)


def report(images: str, finder: str, frames: list[Labelled], find: Callable[[list[Path]], Found], overlaps: tuple[float, ...] = (0.5,)) -> None:
    try:
        found, results = find([frame.path for frame in frames])
    except ImportError as error:
        return print(f"| {images} | {finder} | left out: {error} | | | | |")
    for least in overlaps:
        how = images if least == 0.5 else f"{images}, by an overlap of {least:g}"
        row(how, finder, frames, [matched(boxes, frame.boxes, least) for frame, boxes in zip(frames, found)], found)
    if all(frame.masks is not None for frame in frames):
        row(f"{images}, by masks", finder, frames, [matched_masks(result, frame.masks) for frame, result in zip(frames, results)], found)


def row(images: str, finder: str, frames: list[Labelled], pairs: list[int], found: list[np.ndarray]) -> None:
    counts = np.array([[pairs_of, len(boxes), len(frame.boxes)] for pairs_of, boxes, frame in zip(pairs, found, frames)])
    figures = [f"{100 * at:.1f} % ({100 * low:.1f} to {100 * high:.1f})" for at, low, high in intervals(counts, [f.group for f in frames]).values()]
    print(f"| {images} | {finder} | {' | '.join(figures)} | {len(frames)}, {counts[:, 2].sum()} |", flush=True)


def intervals(counts: np.ndarray, groups: list[str]) -> dict[str, tuple[float, float, float]]:
    """F1, precision, recall and count error, each with its 95 % bootstrap interval over groups.

    Args:
        counts: matched, found and labelled boxes of each frame; N×3.
        groups: of each frame; frames of a group are drawn together.
    """
    of_group = np.array([counts[np.array(groups) == group].sum(0) for group in dict.fromkeys(groups)])
    draws = of_group[np.random.default_rng(1).integers(len(of_group), size=(2_000, len(of_group)))].sum(1)
    measures = {"f1": lambda c: 2 * c[:, 0] / (c[:, 1] + c[:, 2]), "precision": lambda c: c[:, 0] / np.maximum(c[:, 1], 1),
                "recall": lambda c: c[:, 0] / c[:, 2], "count_error": lambda c: c[:, 1] / c[:, 2] - 1}
    return {name: (of(of_group.sum(0)[None])[0], *np.percentile(of(draws), [2.5, 97.5])) for name, of in measures.items()}


def cell_lines(folder: Path, node: str, overlays: Path | None) -> None:
    paths = sorted((folder / "frames").glob("*.png"))
    rows = [row for row in read_rows(folder / "centres.csv") if row["usable"] == "1"]
    times = {}
    searches = {method: cytodrop(node, {**LINES, "method": method}, paths, 3) for method in ("network_adherent", "adherent")}
    print("\n| cell-lines frame | automatic centres | found by the network | centres in a box | found by adherent | centres in a box |\n|---|---|---|---|---|---|")
    for i, path in enumerate(paths):
        centres = np.array([[int(row["x"]), int(row["y"])] for row in rows if Path(row["image"]).name == path.name]).reshape(-1, 2)
        columns = []
        for method, (boxes, results) in searches.items():
            found = boxes[i]
            inside = ((centres[:, None] >= found[None, :, :2]) & (centres[:, None] < found[None, :, 2:])).all(-1).any(1).mean() if len(found) else 0
            columns.append(f"{len(found)} | {100 * inside:.0f} %")
            times.setdefault(method, []).extend(results[i]["ms"])
            if overlays:
                draw(path, results[i]["outlines"], overlays / method)
        print(f"| {path.stem} | {len(centres)} | {' | '.join(columns)} |")
    ours = ", ".join(f"{method} {np.median(ms):.0f} ms" for method, ms in times.items())
    print(f"\nOurs in WebAssembly, medians of the same frames: {ours}")
    try:
        _, timed = opencv(paths, LINES["least_diameter"] / 1.25, LINES["most_diameter"] / 1.25)
        print(f"OpenCV and scikit-image, native: {np.median([t['ms'][0] for t in timed]):.0f} ms")
    except ImportError as error:
        print(f"OpenCV left out: {error}")


def draw(path: Path, outlines: list[list[float]], folder: Path) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    picture = Image.open(path).convert("RGB")
    pen = ImageDraw.Draw(picture)
    for outline in outlines:
        pen.polygon([tuple(outline[i : i + 2]) for i in range(0, len(outline), 2)], outline=(255, 60, 60))
    picture.save(folder / path.name)


if __name__ == "__main__":
    main()
