"""What can be trained: any folder of labelled images, and what is written about it in models/<task>/spec.json."""

import csv
import json
import random
import re
from dataclasses import dataclass
from pathlib import Path

from cytotrain.prepare import decode

MODELS_FOLDER = Path(__file__).resolve().parents[2] / "models"

IMAGE_SUFFIXES = {".png", ".jpg", ".jpeg", ".bmp", ".tif", ".tiff"}

# A data set's word for a class, where it is not the spec's class id.
ALIASES = {"ig": "immature_granulocyte"}


@dataclass(frozen=True)
class Sample:
    """One labelled image.

    Attributes:
        file: image file.
        label: index of its class in the spec.
        part: "train", "val", "test", or another word for images kept for a further check.
    """

    file: Path
    label: int
    part: str


def list_files(data_folder: Path) -> list[tuple[Path, str, str]]:
    """List file, class id and part of every image of a task.

    With `index.csv` (columns file, label and split, or else laboratory), its rows in order. Without, the folder's sub-folders are the classes,
    and the images of each are drawn into parts, seven tenths, one tenth and two tenths, the same way every time.

    Raises: FileNotFoundError when there is neither.
    """
    index_file = data_folder / "index.csv"
    if index_file.is_file():
        with index_file.open(newline="") as rows:
            return [(data_folder / row["file"], class_id(row["label"]), row.get("split", row.get("laboratory"))) for row in csv.DictReader(rows)]
    listed = []
    for folder in sorted(path for path in data_folder.glob("*/") if path.is_dir()):
        files = sorted(path for path in folder.iterdir() if path.suffix.lower() in IMAGE_SUFFIXES)
        random.Random(folder.name).shuffle(files)
        for rank, file in enumerate(files):
            share = rank / len(files)
            listed.append((file, class_id(folder.name), "test" if share < 0.2 else "val" if share < 0.3 else "train"))
    if not listed:
        raise FileNotFoundError(f"{data_folder} holds neither index.csv nor a sub-folder of images for each class")
    return listed


def class_id(word: str) -> str:
    """Make a spec's class id of a label: "Non-viable cell" becomes "non_viable_cell"."""
    plain = re.sub(r"[^a-z0-9]+", "_", word.lower()).strip("_")
    return ALIASES.get(plain, plain)


def draft_spec(task: str, data_folder: Path) -> dict:
    """What the preparation and the classes of a task are: models/<task>/spec.json, or a draft where there is none yet."""
    spec_file = MODELS_FOLDER / task / "spec.json"
    return json.loads(spec_file.read_text()) if spec_file.is_file() else new_spec(task, data_folder)


def new_spec(task: str, data_folder: Path) -> dict:
    """Draft the spec of a new task from its images: grey ones get the background fix, colour ones do not."""
    listed = list_files(data_folder)
    pixels = [decode(file) for file, _, _ in listed[:: max(1, len(listed) // 50)]]
    is_grey = all(image.shape[2] < 3 for image in pixels)
    sides = sorted(min(image.shape[:2]) for image in pixels)
    letters: dict[str, str] = {}
    for name in sorted({label for _, label, _ in listed}):
        candidates = name.upper() + "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
        letters[name] = next(c for c in candidates if c.isalpha() and c not in letters.values())
    return {
        "$schema": "../spec.schema.json",
        "schema_version": 1,
        "name": task,
        "version": "0.1.0",
        "title": task.replace("-", " ").capitalize(),
        "purpose": "Tells " + ", ".join(name.replace("_", " ") for name in letters) + " apart.",
        "input": {"width_px": 128, "height_px": 128, "channels": "grey" if is_grey else "rgb"},
        "crop": {"rule": "centre_square", "side_px": sides[len(sides) // 2]},
        "resize": {"rule": "bilinear_antialiased"},
        "normalisation": background_fix(128) if is_grey else {"rule": "mean_std", "mean": [127.5] * 3, "std": [127.5] * 3},
        "pixel_size_um": None,
        "classes": [
            {"id": name, "name": name.replace("_", " ").capitalize(), "letter": letter, "description": "Not described yet."}
            for name, letter in letters.items()
        ],
        "training": {
            "data": "Not described yet.", "source": "Not stated yet.", "data_licence": "Not stated yet.",
            "split": "Drawn by image, 70 % training, 10 % validation, 20 % test; images of one sample may stand on both sides."
            if not (data_folder / "index.csv").is_file() else "As in index.csv.",
        },
        "licence": "Not stated yet.",
    }


def background_fix(side_px: int) -> dict:
    """Normalisation of brightfield crops: corners of an eighth of the side; a spread below one grey level is noise."""
    return {"rule": "corner_median_spread", "corner_px": side_px // 8, "least_spread": 1.0}


def list_samples(data_folder: Path, spec: dict) -> list[Sample]:
    """The images of a task with the index of their class.

    Raises: FileNotFoundError; ValueError for a label that the spec has no class for.
    """
    index_of = {entry["id"]: index for index, entry in enumerate(spec["classes"])}
    listed = list_files(data_folder)
    unknown = {label for _, label, _ in listed} - set(index_of)
    if unknown:
        raise ValueError(f"{data_folder} has classes that the spec does not know: {', '.join(sorted(unknown))}")
    return [Sample(file, index_of[label], part) for file, label, part in listed]
