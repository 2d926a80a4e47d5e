"""The numpy twin of the core's deletion curves and turned pictures: plain numbers, and the golden file."""

import json
import sys
import unittest
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "scripts"))

try:
    import numpy as np

    import golden_explain
    from cytotrain import explain
    from cytotrain.model_folder import ExportedModel
except ImportError as error:
    reason = f"{error}: the golden curves are not computed again; see scripts/requirements.txt"
    print(f"SKIPPED {Path(__file__).name}: {reason}", file=sys.stderr)
    raise unittest.SkipTest(reason)


class Explain(unittest.TestCase):
    def test_a_map_that_marks_what_counts_is_told_from_one_that_does_not(self):
        tensor = np.zeros((1, 16, 16), np.float32)
        tensor[0, 4:8, 4:8] = 1
        marks = np.zeros((4, 4), np.float32)
        marks[1, 1] = 1

        def probability(inputs: np.ndarray) -> np.ndarray:
            return 0.1 + 0.8 * inputs[:, 0, 5, 5]

        # One of the random orders begins with the same region, and is as good.
        good = explain.deletion(0.9, tensor, marks, probability)
        self.assertAlmostEqual(good["map_area"], 0.1 + 0.8 / 32)
        self.assertEqual((good["beaten"], good["explains"]), (explain.RANDOM_ORDERS - 1, "perhaps"))
        poor = explain.deletion(0.9, tensor, -marks, probability)
        self.assertAlmostEqual(poor["map_area"], 0.1 + 0.8 * 31 / 32)
        self.assertEqual((poor["beaten"], poor["explains"]), (0, "little"))

    def test_golden_file_is_computed_again(self):
        model = ExportedModel(golden_explain.FOLDER)
        cases = json.loads((golden_explain.FOLDER / "golden" / "explain.json").read_text())["cases"]
        self.assertEqual(len(cases), 3)
        for case in cases:
            again = golden_explain.describe(model, golden_explain.FOLDER / "golden" / case["image"])
            for part in ("turns", "deletion"):
                self.assertEqual(set(again[part]), set(case[part]))
                for key, value in case[part].items():
                    if isinstance(value, str):
                        self.assertEqual(again[part][key], value)
                        continue
                    np.testing.assert_allclose(again[part][key], value, atol=1e-5, err_msg=f"{case['image']} {key}")


if __name__ == "__main__":
    unittest.main()
