"""What can be trained: for every task, where its images and labels come from."""

import csv
import json
from dataclasses import dataclass
from pathlib import Path

MODELS_FOLDER = Path(__file__).resolve().parents[2] / "models"


@dataclass(frozen=True)
class Sample:
    """One labelled image.

    Attributes:
        file: image file.
        label: index of its class in the spec.
        part: "train", "val" or "test".
    """

    file: Path
    label: int
    part: str


@dataclass(frozen=True)
class Task:
    """A classification task; its spec, crop rule, classes and all else stand in models/<name>/spec.json.

    Attributes:
        name: folder under models/.
        class_ids: the data's word for a class, where it is not the spec's class id.
    """

    name: str
    class_ids: dict[str, str]

    @property
    def folder(self) -> Path:
        return MODELS_FOLDER / self.name

    def spec(self) -> dict:
        return json.loads((self.folder / "spec.json").read_text())

    def samples(self, data_folder: Path) -> list[Sample]:
        """List the images of `index.csv` (columns file, label, split) in its order.

        Raises: FileNotFoundError when the data folder is missing; KeyError on an unknown label.
        """
        index_file = data_folder / "index.csv"
        if not index_file.is_file():
            raise FileNotFoundError(f"{index_file} is missing; pass the folder of the images with --data")
        index_of = {entry["id"]: index for index, entry in enumerate(self.spec()["classes"])}
        with index_file.open(newline="") as rows:
            ids = self.class_ids
            return [
                Sample(data_folder / row["file"], index_of[ids.get(row["label"], row["label"])], row["split"])
                for row in csv.DictReader(rows)
            ]


TASKS = {task.name: task for task in [Task("blood-smear", {"ig": "immature_granulocyte"})]}
