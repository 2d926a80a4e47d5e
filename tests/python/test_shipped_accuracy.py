"""The built command line, run over the test part of every shipped model, reproduces the accuracy its card states, cell by cell."""

import csv
import json
import shutil
import subprocess
import sys
import tempfile
import unittest
from pathlib import Path
from unittest import mock

ROOT = Path(__file__).resolve().parents[2]
SHARED = ROOT.parent / "shared" / "data"
COMMAND = ROOT / "dist" / "cytodrop.mjs"
sys.path.insert(0, str(ROOT / "scripts"))

try:
    import prepare_data
    from cytotrain.folders import folders_of_kind
    from cytotrain.tasks import list_samples
except ImportError as error:
    reason = f"{error}: the shipped models' accuracy is not measured again; see scripts/requirements.txt"
    print(f"SKIPPED {Path(__file__).name}: {reason}", file=sys.stderr)
    raise unittest.SkipTest(reason)


def node() -> str | None:
    installed = ROOT / "node_modules" / ".bin" / "node"
    return str(installed) if installed.exists() else shutil.which("node")


class ShippedAccuracy(unittest.TestCase):
    def setUp(self):
        for needed in (SHARED, COMMAND):
            if not needed.exists():
                print(f"SKIPPED: {needed} is missing, the shipped models' accuracy is not measured again", file=sys.stderr)
                self.skipTest(f"{needed} is missing")

    def test_command_line_reproduces_the_cards(self):
        for folder in folders_of_kind(ROOT / "models", "classifier"):
            with self.subTest(model=folder.name), tempfile.TemporaryDirectory() as name:
                data = SHARED / folder.name.removesuffix("-anywhere")
                if folder.name in prepare_data.SOURCES:
                    with mock.patch("builtins.print"):
                        prepare_data.write(Path(name), prepare_data.SOURCES[folder.name](SHARED))
                    data = Path(name)
                spec = json.loads((folder / "spec.json").read_text())
                tested = [sample for sample in list_samples(data, spec) if sample.part == "test"]
                self.assertEqual(len(tested), spec["metrics"]["test"]["images"])
                ids = [entry["id"] for entry in spec["classes"]]
                confusion = [[0] * len(ids) for _ in ids]
                for sample, label in zip(tested, self.classify(folder.name, [sample.file for sample in tested]), strict=True):
                    confusion[sample.label][ids.index(label)] += 1
                self.assertEqual(confusion, spec["metrics"]["test"]["confusion"])

    def classify(self, model: str, files: list[Path]) -> list[str]:
        command = [node(), str(COMMAND), "classify", "--model", model, "--format", "csv", *map(str, files)]
        output = subprocess.run(command, capture_output=True, text=True, check=True).stdout
        return [row["most_like"] for row in csv.DictReader(output.splitlines())]


if __name__ == "__main__":
    unittest.main()
