"""Every folder under models/ keeps the contract of models/spec.schema.json; needs nothing but Python."""

import copy
import hashlib
import json
import math
import re
import struct
import sys
import unittest
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "scripts"))

from cytotrain.card import BEGIN, END, TABLE_BEGIN, TABLE_END, models_table, numbers
from cytotrain.folders import folders_of_kind

SCHEMA = json.loads((ROOT / "models" / "spec.schema.json").read_text())
MODELS = {file.parent: json.loads(file.read_text()) for file in (folder / "spec.json" for folder in folders_of_kind(ROOT / "models", "classifier"))}
TYPES = {"object": dict, "array": list, "string": str, "integer": int, "number": (int, float), "null": type(None), "boolean": bool}


def violations(value, schema: dict, path: str = "spec") -> list[str]:
    """List where a value breaks the part of JSON Schema that our schema uses."""
    if "$ref" in schema:
        return violations(value, SCHEMA["$defs"][schema["$ref"].rsplit("/", 1)[1]], path)
    if "oneOf" in schema:
        is_fit = any(not violations(value, one, path) for one in schema["oneOf"])
        return [] if is_fit else [f"{path} fits none of its forms"]
    types = schema.get("type", list(TYPES))
    names = [types] if isinstance(types, str) else types
    # Python's True is an int, JSON's true is no number.
    if not any(isinstance(value, TYPES[name]) and isinstance(value, bool) <= (name == "boolean") for name in names):
        return [f"{path} is {type(value).__name__}, not {types}"]
    found = []
    if "const" in schema and value != schema["const"] or "enum" in schema and value not in schema["enum"]:
        found.append(f"{path} is {value!r}")
    if isinstance(value, str) and (
        len(value) < schema.get("minLength", 0) or not re.search(schema.get("pattern", ""), value)
    ):
        found.append(f"{path} is {value!r}")
    if isinstance(value, (int, float)) and (
        not schema.get("minimum", value) <= value <= schema.get("maximum", value)
        or value <= schema.get("exclusiveMinimum", -math.inf)
    ):
        found.append(f"{path} is {value}")
    if isinstance(value, list):
        if not schema.get("minItems", 0) <= len(value) <= schema.get("maxItems", len(value)):
            found.append(f"{path} has {len(value)} items")
        for index, item in enumerate(value):
            found += violations(item, schema.get("items", {}), f"{path}[{index}]")
    if isinstance(value, dict):
        known = schema.get("properties", {})
        found += [f"{path}.{key} is missing" for key in schema.get("required", []) if key not in value]
        if schema.get("additionalProperties") is False:
            found += [f"{path}.{key} is unknown" for key in value if key not in known]
        for key, item in value.items():
            found += violations(item, known.get(key, {}), f"{path}.{key}")
    return found


class SchemaCheck(unittest.TestCase):
    def test_finds_what_is_wrong(self):
        spec = copy.deepcopy(next(iter(MODELS.values())))
        self.assertEqual(violations(spec, SCHEMA), [])
        spec["surplus"] = 1
        spec["crop"]["side_px"] = "288"
        spec["classes"][0]["letter"] = "bb"
        del spec["judge"]["temperature"]
        self.assertEqual(len(violations(spec, SCHEMA)), 4)

    def test_knows_what_a_spec_may_leave_out(self):
        full = json.loads((ROOT / "tests" / "golden" / "tiny-shapes" / "spec.json").read_text())
        self.assertEqual(violations(full, SCHEMA), [])
        full["novelty"] |= {"rule": "cosine", "threshold": True, "dimensions": 0}
        del full["normalisation"]["corner_px"]
        self.assertEqual(len(violations(full, SCHEMA)), 4)


class ModelFolder(unittest.TestCase):
    def test_spec_keeps_the_schema(self):
        for folder, spec in MODELS.items():
            self.assertEqual(violations(spec, SCHEMA), [])
            self.assertEqual(spec["name"], folder.name)
            ids, letters = ([entry[key] for entry in spec["classes"]] for key in ("id", "letter"))
            self.assertEqual((len(set(ids)), len(set(letters))), (len(ids), len(ids)))
            channels = 3 if spec["input"]["channels"] == "rgb" else 1
            normalisation = spec["normalisation"]
            if normalisation["rule"] == "mean_std":
                self.assertEqual([len(normalisation[key]) for key in ("mean", "std")], [channels, channels])
            elif normalisation["rule"] == "corner_median_spread":
                smaller = min(spec["input"]["width_px"], spec["input"]["height_px"])
                self.assertLessEqual(2 * normalisation["corner_px"], smaller)
            layers = spec["head"]["layers"]
            widths = [spec["network"]["features"]["channels"], *(layer["outputs"] for layer in layers)]
            self.assertEqual([layer["inputs"] for layer in layers], widths[:-1])
            self.assertEqual(widths[-1], len(ids) if spec["head"]["output"] == "softmax" else 1)

    def test_files_are_those_of_the_spec(self):
        for folder, spec in MODELS.items():
            for part in ("network", "head", *(["novelty"] if "novelty" in spec else [])):
                content = (folder / spec[part]["file"]).read_bytes()
                self.assertEqual(hashlib.sha256(content).hexdigest(), spec[part]["sha256"])
            self.assertEqual((folder / spec["network"]["file"]).stat().st_size, spec["network"]["bytes"])

    def test_head_holds_the_layers(self):
        for folder, spec in MODELS.items():
            content = (folder / spec["head"]["file"]).read_bytes()
            (length,) = struct.unpack_from("<Q", content)
            header = json.loads(content[8:8 + length])
            shapes = {}
            for layer in spec["head"]["layers"]:
                shapes[f"{layer['name']}.weight"] = [layer["outputs"], layer["inputs"]]
                shapes[f"{layer['name']}.bias"] = [layer["outputs"]]
            self.assertEqual({name: entry["shape"] for name, entry in header.items()}, shapes)
            self.assertEqual({entry["dtype"] for entry in header.values()}, {"F32"})
            self.assertEqual(max(entry["data_offsets"][1] for entry in header.values()), len(content) - 8 - length)

    def test_metrics_agree_with_themselves(self):
        for spec in MODELS.values():
            for name, part in spec["metrics"].items():
                if name == "elsewhere":
                    self.assertLessEqual(part["named_correct"], min(part["named"], part["correct"]))
                    self.assertAlmostEqual(part["correct"] / part["images"], part["accuracy"], places=4)
                    continue
                matrix = part["confusion"]
                self.assertEqual(sum(map(sum, matrix)), part["images"])
                self.assertEqual(part["images"], spec["training"]["images"][name])
                self.assertEqual(sum(row[index] for index, row in enumerate(matrix)), part["correct"])
                self.assertAlmostEqual(part["correct"] / part["images"], part["accuracy"], places=6)
                low, high = part["accuracy_interval_95"]
                self.assertTrue(low < part["accuracy"] <= high)

    def test_card_holds_the_numbers(self):
        for folder, spec in MODELS.items():
            card = (folder / "card.md").read_text()
            report = json.loads((folder / "metrics.json").read_text())
            self.assertEqual(card.split(BEGIN)[1].split(END)[0].strip(), numbers(spec, report))

    def test_table_holds_the_numbers(self):
        readme = (ROOT / "models" / "README.md").read_text()
        self.assertEqual(readme.split(TABLE_BEGIN)[1].split(TABLE_END)[0].strip(), models_table(ROOT / "models"))
        self.assertEqual(readme.count("/card.md)"), len(MODELS))

    def test_golden_files_are_whole(self):
        for folder, spec in MODELS.items():
            cases = json.loads((folder / "golden" / "golden.json").read_text())["cases"]
            self.assertTrue(1 <= len(cases) <= 3)
            for case in cases:
                self.assertTrue((folder / "golden" / case["image"]).is_file())
                for kind in ("tensor", "features"):
                    count = 1
                    for size in case[f"{kind}_shape"]:
                        count *= size
                    self.assertEqual((folder / "golden" / case[kind]).stat().st_size, 4 * count)
                top = max(range(len(spec["classes"])), key=case["probabilities"].__getitem__)
                self.assertEqual(case["label"], spec["classes"][top]["id"])
                self.assertEqual(case["unsure"], case["probabilities"][top] < spec["judge"]["abstain_below"])


if __name__ == "__main__":
    unittest.main()
