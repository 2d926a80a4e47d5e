"""Cut the public data sets into what every other script takes: a folder of images with index.csv.

    python scripts/prepare_data.py --data ../shared/data --out build/data
    python scripts/prepare_data.py --data ../shared/data --out build/data --task viability

One folder a task: grey PNG crops and index.csv with the columns file, label, split and origin (where the cell was cut
out). The split is fixed here, before anything is trained, by rules that keep neighbours and copies on one side; the
rows marked "gap" lie between the parts and are never used. The blood smear images come with such an index already.
"""

import argparse
import csv
import importlib.util
import random
import tarfile
from dataclasses import dataclass
from pathlib import Path
from typing import Callable, Iterator

import numpy as np
from PIL import Image

from cytotrain.png import write_png
from cytotrain.tiles import FOLDS, by_order, parts_of, parts_without, read_rows


@dataclass(frozen=True)
class Crop:
    """One cell.

    Attributes:
        pixels: H×W×1, uint8 or uint16.
        label: class id.
        split: "train", "val", "test", "gap" or, for a further check, another word.
        origin: where it was cut out; becomes the file's name.
    """

    pixels: np.ndarray
    label: str
    split: str
    origin: str


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", required=True, type=Path, help="folder of the data sets")
    parser.add_argument("--out", required=True, type=Path, help="receives one folder a task")
    parser.add_argument("--task", choices=SOURCES, help="this one only")
    arguments = parser.parse_args()
    for task in [arguments.task] if arguments.task else SOURCES:
        try:
            write(arguments.out / task, SOURCES[task](arguments.data))
        except ModuleNotFoundError as missing:
            if arguments.task:
                raise
            print(f"{task}: left out. {missing}")


def write(folder: Path, crops: Iterator[Crop]) -> None:
    """Write the crops of a task, and its index last, so that an index stands for a whole folder.

    A crop equal to an earlier one is left out: it would test what was trained, or be counted twice.
    """
    rows, seen = [], set()
    for cell in crops:
        if cell.pixels.tobytes() in seen:
            continue
        seen.add(cell.pixels.tobytes())
        file = Path(cell.label) / f"{cell.origin}.png"
        (folder / file).parent.mkdir(parents=True, exist_ok=True)
        (folder / file).write_bytes(write_png(cell.pixels))
        rows.append({"file": file, "label": cell.label, "split": cell.split, "origin": cell.origin})
    if not rows:
        raise SystemExit(f"no cells for {folder}: is the data folder complete?")
    with (folder / "index.csv").open("w", newline="") as index:
        writer = csv.DictWriter(index, rows[0])
        writer.writeheader()
        writer.writerows(rows)
    for split in sorted({row["split"] for row in rows}):
        labels = [row["label"] for row in rows if row["split"] == split]
        print(f"{folder.name} {split}: " + ", ".join(f"{labels.count(x)} {x}" for x in sorted(set(labels))))


def cut(frame: np.ndarray, x: int, y: int, side_px: int) -> np.ndarray:
    """Cut a square around a point; what lies outside the frame repeats its border.

    Args:
        frame: H×W.
    Returns: side×side×1.
    """
    rows = np.clip(np.arange(y - side_px // 2, y - side_px // 2 + side_px), 0, frame.shape[0] - 1)
    columns = np.clip(np.arange(x - side_px // 2, x - side_px // 2 + side_px), 0, frame.shape[1] - 1)
    return frame[np.ix_(rows, columns)][..., None]


JURKAT_PHASES = {
    "G1": "g1", "S_phase": "s", "G2": "g2",
    "Prophase": "mitosis", "Metaphase": "mitosis", "Anaphase": "mitosis", "Telophase": "mitosis",
}


def jurkat_cells(data: Path, phases: dict[str, str]) -> Iterator[Crop]:
    """Jurkat cells of experiment 1, which alone holds every phase, split by their order in each montage.

    Experiment 2 holds nothing but G1; were it in, the day would give the phase away. Its cells are marked
    "other_day" and serve as a check.
    """
    folder = data / "jurkat-cell-cycle"
    images = np.load(folder / "cells.npz")["brightfield"]
    for row in read_rows(folder / "index.csv"):
        if row["phase"] not in phases:
            continue
        is_first = row["experiment"] == "Experiment_1"
        # A montage holds up to 675 tiles of one phase, in the order in which the cells flowed by.
        split = by_order(int(row["tile"]) / 675, 0.01) if is_first else "other_day"
        origin = f"{row['experiment']}_{row['phase']}_{Path(row['montage']).stem}_{int(row['tile']):03d}"
        yield Crop(images[int(row["row"])][..., None], phases[row["phase"]], split, origin)


def cell_cycle(data: Path) -> Iterator[Crop]:
    return jurkat_cells(data, JURKAT_PHASES)


def cell_cycle_g1_g2m(data: Path) -> Iterator[Crop]:
    """The two classes that the paper's recipe, which knows two, is compared on."""
    return jurkat_cells(data, {phase: "g1" if of == "g1" else "g2m" for phase, of in JURKAT_PHASES.items() if of != "s"})


VIABILITY_SIDE_PX = 48


def viability(data: Path, parts_of: Callable[[Path], dict[str, str]] = parts_of) -> Iterator[Crop]:
    """Cells of haemocytometer tiles, in the part of their tile."""
    folder = data / "viability"
    split_of = parts_of(folder)
    for number, row in enumerate(read_rows(folder / "boxes.csv")):
        with Image.open(folder / "images" / row["image"]) as tile:
            frame = np.asarray(tile.convert("L"))
        x, y = (int(row["x0"]) + int(row["x1"])) // 2, (int(row["y0"]) + int(row["y1"])) // 2
        origin = f"{Path(row['image']).stem}_{number:04d}"
        yield Crop(cut(frame, x, y, VIABILITY_SIDE_PX), row["label"], split_of[row["image"]], origin)


def viability_without(fold: str) -> Callable[[Path], Iterator[Crop]]:
    """A fold of connected tiles judges what was learned from the others."""
    return lambda data: viability(data, lambda folder: parts_without(folder, fold))


LINE_SIDE_PX = 96


def frame_cells(data: Path, split_of: Callable[[dict[str, str]], str], lines: tuple[str, ...]) -> Iterator[Crop]:
    folder = data / "cell-lines"
    frames: dict[str, np.ndarray] = {}
    for row in read_rows(folder / "centres.csv"):
        if row["line"] not in lines or row["usable"] != "1":
            continue
        if row["image"] not in frames:
            with Image.open(folder / "frames" / row["image"]) as frame:
                frames[row["image"]] = np.asarray(frame.convert("L"))
        x, y = int(row["x"]), int(row["y"])
        origin = f"{Path(row['image']).stem}_{x:04d}_{y:04d}"
        yield Crop(cut(frames[row["image"]], x, y, LINE_SIDE_PX), row["line"].lower(), split_of(row), origin)


def prostate_lines(data: Path) -> Iterator[Crop]:
    """PC3 and LNCaP, split by place: the frames of a line show the same place at different hours."""

    def split_of(row: dict[str, str]) -> str:
        # Crops are 96 px wide; 112 px between centres leave 16 px between what two parts see.
        x = int(row["x"])
        return "train" if x < 740 else "gap" if x < 852 else "val" if x < 1010 else "gap" if x < 1122 else "test"

    return frame_cells(data, split_of, ("PC3", "LNCAP"))


def flask_positions(data: Path) -> Iterator[Crop]:
    """Three lines at two places of their flasks: trained at one, tested at the other. Shows what a batch does."""
    first = {"A431": "B1", "A549": "A1", "BT474": "B1"}

    def split_of(row: dict[str, str]) -> str:
        if first[row["line"]] != row["position"]:
            return "test"
        return "train" if int(row["x"]) < 1072 else "gap" if int(row["x"]) < 1184 else "val"

    return frame_cells(data, split_of, tuple(first))


def cancer_lines(data: Path, part_of: Callable[[dict[str, str]], str | None]) -> Iterator[Crop]:
    """PC3 and MDA-MB-231, cut out along a mask.

    The data set multiplied its cells by turning and mirroring: of copies the first counts.

    Args:
        part_of: of a row of index.csv; None leaves it out.
    """
    folder, seen = data / "cancer-lines", set()
    for row in read_rows(folder / "index.csv"):
        part = part_of(row)
        if part is None or row["original"] in seen:
            continue
        seen.add(row["original"])
        with Image.open(folder / row["file"]) as stored:
            pixels = np.asarray(stored.convert("L"))[..., None]
        yield Crop(pixels, row["label"].replace("-", "_"), part, Path(row["file"]).stem)


def cancer_lines_by_day(data: Path) -> Iterator[Crop]:
    """Days 1 and 2 to learn from, day 3 to test; one cell in ten of the first two is kept out to fit what needs no new day."""

    def part_of(row: dict[str, str]) -> str:
        return "test" if row["day"] == "3" else "val" if int(row["original"], 16) % 10 == 0 else "train"

    return cancer_lines(data, part_of)


def cancer_lines_left_out(column: str, value: str) -> Callable[[Path], Iterator[Crop]]:
    """To choose by, without day 3: what is left out of days 1 and 2 judges what was learned from the rest."""
    return lambda data: cancer_lines(data, lambda row: None if row["day"] == "3" else "val" if row[column] == value else "train")


PHOTOGRAPHS = (
    "exif-orientation/Landscape_1.jpg", "exif-orientation/Portrait_1.jpg", "image-rs/tests@images@jpg@progressive@3.jpg",
    "image-rs/tests@images@jpg@progressive@cat.jpg", "libjpeg-turbo/testimages@testorig.jpg", "libvips/test@test-suite@images@rotation@0.png",
    "libvips/test@test-suite@images@rotation@1.jpg", "libvips/test@test-suite@images@cd1.1.jpg",
)


def photographs(data: Path) -> Iterator[Crop]:
    """Squares of any size out of photographs of no cells, among the files for testing decoders; nothing is trained on them."""
    draw = random.Random(1)
    with tarfile.open(data.parent / "corpora" / "images.tar.xz") as archive:
        for name in PHOTOGRAPHS:
            with Image.open(archive.extractfile(name)) as stored:
                pixels = np.asarray(stored.convert("L" if stored.mode == "L" else "RGB"))
            pixels = pixels.reshape(*pixels.shape[:2], -1)
            height, width = pixels.shape[:2]
            for number in range(25):
                side = draw.randint(min(height, width) // 4, min(height, width))
                top, left = draw.randint(0, height - side), draw.randint(0, width - side)
                yield Crop(pixels[top:top + side, left:left + side], "photograph", "foreign", f"{Path(name).stem}_{number:02d}")


# Out of the wheels of scikit-image 0.24.0 and stardist 0.9.2, which need not be imported: package, folder in it, files.
PICTURES = {
    "tissue": ("skimage", "data", ("ihc.png",)),
    "things": ("skimage", "data", ("astronaut.png", "chelsea.png", "coffee.png", "rocket.jpg", "motorcycle_left.png", "retina.jpg", "hubble_deep_field.jpg")),
    "grey-things": ("skimage", "data", ("brick.png", "grass.png", "gravel.png", "camera.png", "coins.png", "cell.png", "moon.png", "text.png", "page.png", "clock_motion.png")),
    "tissue-he": ("stardist", "data/images", ("histo.jpg",)),
    "fluorescence": ("stardist", "data/images", ("img2d.tif",)),
}
GREY_PICTURES = ("grey-things", "fluorescence")


def pictures(kind: str) -> Callable[[Path], Iterator[Crop]]:
    """Squares of any size out of pictures that no model knows: tissue in other stains, nuclei that glow, things in colour and in grey."""
    package, folder, names = PICTURES[kind]

    def cut(_: Path) -> Iterator[Crop]:
        found = importlib.util.find_spec(package)
        if found is None:
            raise ModuleNotFoundError(f"{package} is not installed, whose pictures these are.")
        draw = random.Random(1)
        for name in names:
            with Image.open(Path(found.submodule_search_locations[0]) / folder / name) as stored:
                pixels = np.asarray(stored if stored.mode.startswith("I") else stored.convert("L" if kind in GREY_PICTURES else "RGB"))
            pixels = pixels.reshape(*pixels.shape[:2], -1)
            height, width = pixels.shape[:2]
            for number in range(200 // len(names)):
                side = draw.randint(min(40, height, width), min(400, height, width))
                top, left = draw.randint(0, height - side), draw.randint(0, width - side)
                yield Crop(pixels[top:top + side, left:left + side], "picture", "foreign", f"{Path(name).stem}_{number:02d}")

    return cut


def phase_contrast(surroundings: str) -> Callable[[Path], Iterator[Crop]]:
    """Adherent cells of one line, cut out of frames that no classifier learned from; with what is around them, or black as those of `cancer-lines`."""

    def cut(data: Path) -> Iterator[Crop]:
        for file in sorted((data / "phase-contrast").glob("*.tif")):
            with Image.open(file) as stored, Image.open(file.with_name(f"{file.stem}-instances.png")) as marked:
                frame, masks = np.asarray(stored).astype(float), np.asarray(marked)
            low, high = np.percentile(frame, [0.1, 99.9])
            grey = np.round(np.clip((frame - low) / (high - low), 0, 1) * 255).astype(np.uint8)
            for cell in [number for number in np.unique(masks) if number > 0][::4]:
                rows, columns = np.nonzero(masks == cell)
                side = 192 if surroundings == "black" else 96
                top, left = int(rows.mean()) - side // 2, int(columns.mean()) - side // 2
                if min(top, left) < 0 or top + side > grey.shape[0] or left + side > grey.shape[1] or len(rows) < 400:
                    continue
                place = slice(top, top + side), slice(left, left + side)
                pixels = np.where(masks[place] == cell, grey[place], 0) if surroundings == "black" else grey[place]
                yield Crop(pixels.astype(np.uint8)[..., None], "adherent", "foreign", f"{file.stem}_{cell}")

    return cut


SOURCES: dict[str, Callable[[Path], Iterator[Crop]]] = {
    "cell-cycle": cell_cycle,
    "cell-cycle-g1-g2m": cell_cycle_g1_g2m,
    "viability": viability,
    **{f"viability-without-{fold}": viability_without(fold) for fold in FOLDS},
    "prostate-lines": prostate_lines,
    "flask-positions": flask_positions,
    "cancer-lines": cancer_lines_by_day,
    **{f"cancer-lines-without-day-{day}": cancer_lines_left_out("day", day) for day in "12"},
    **{f"cancer-lines-without-{density}": cancer_lines_left_out("density", density) for density in ("10k", "20k", "40k")},
    "photographs": photographs,
    **{kind: pictures(kind) for kind in PICTURES},
    "phase-contrast": phase_contrast("kept"),
    "phase-contrast-cut": phase_contrast("black"),
}


if __name__ == "__main__":
    main()
