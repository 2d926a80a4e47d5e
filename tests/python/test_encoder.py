"""Features for new types: the measurements, the networks with their middle layers, the folder and what was measured of it."""

import hashlib
import json
import sys
import tempfile
import unittest
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "scripts"))

try:
    import numpy as np
    import onnxruntime
    import sklearn
    import torch
except ImportError as error:
    reason = f"{error}: the tests of the encoder are skipped; see scripts/requirements.txt"
    print(f"SKIPPED {Path(__file__).name}: {reason}", file=sys.stderr)
    raise unittest.SkipTest(reason)

import build_encoder
import golden_encoder
import golden_prepare
import measure_encoder
from cytotrain.encoder import Encoder, turned
from cytotrain.measurements import NAMES, SIDE_PX, measure_cell
from cytotrain.png import write_png
from cytotrain.prepare import decode, is_grey, prepare

FOLDER = ROOT / "models" / "cell-encoder"
SPEC = json.loads((FOLDER / "spec.json").read_text())


class Measurements(unittest.TestCase):
    def test_each_has_a_name(self):
        self.assertEqual(len(set(NAMES)), len(NAMES))
        self.assertEqual(len(measure_cell(np.random.default_rng(1).uniform(0, 255, (3, SIDE_PX, SIDE_PX)))), len(NAMES))

    def test_none_changes_with_the_turn(self):
        planes = np.random.default_rng(2).uniform(0, 255, (3, SIDE_PX, SIDE_PX))
        for other in turned(torch.from_numpy(planes)[None]).numpy()[1:]:
            np.testing.assert_allclose(measure_cell(other), measure_cell(planes), rtol=1e-9, atol=1e-9)

    def test_one_grey_is_finite(self):
        for grey in (0.0, 7.3, 255.0):
            self.assertTrue(np.isfinite(measure_cell(np.full((3, SIDE_PX, SIDE_PX), grey))).all())

    def test_patterns_and_pairs_of_stripes(self):
        stripes = np.tile(np.where(np.arange(SIDE_PX) % 2, 200.0, 100.0), (3, SIDE_PX, 1))
        found = dict(zip(NAMES, measure_cell(stripes)))
        # On a dark stripe all eight neighbours are at least as bright; on a bright one the two along it.
        self.assertAlmostEqual(found["pattern_1_8"], 0.5)
        self.assertAlmostEqual(found["pattern_1_9"], 0.5)
        # Of the four directions one runs along the stripes; levels are 0 and 15, and pairs do not reach beyond the picture.
        self.assertAlmostEqual(found["pairs_1_contrast"], 15 * np.sqrt((64 * 63 + 2 * 63 * 63) / (2 * 64 * 63 + 2 * 63 * 63)))
        self.assertLess(found["pairs_1_correlation"], 0)
        self.assertAlmostEqual(found["octave_1_luma"], 50.0)
        self.assertAlmostEqual(found["octave_2_luma"], 0.0)


class Pictures(unittest.TestCase):
    def test_a_grey_one_stored_as_colour_is_the_same(self):
        grey = golden_prepare.draw(40, 50, 1, 8, seed=3)
        one, other = prepare(grey, SPEC), prepare(grey.repeat(3, 2), SPEC)
        self.assertTrue(torch.equal(one, other))
        self.assertTrue(is_grey(one, SPEC["normalisation"]))
        self.assertFalse(is_grey(prepare(golden_prepare.draw(40, 50, 3, 8, seed=3), SPEC), SPEC["normalisation"]))

    def test_eight_bits_keep_their_contrast_and_lose_their_level(self):
        grey = np.full((128, 128, 1), 60, np.uint8)
        grey[40:80, 40:80] = 90
        planes = prepare(grey, SPEC)[0, 0]
        self.assertEqual((float(planes[0, 0]), float(planes[60, 60])), (127.5, 157.5))
        deep = prepare(grey.astype(np.uint16), SPEC)
        self.assertTrue(torch.allclose(deep, prepare(grey.astype(np.uint16) * 9 + 100, SPEC), atol=1e-2))


class Folder(unittest.TestCase):
    def test_networks_and_rules_are_those_of_the_code(self):
        for network in SPEC["networks"]:
            self.assertEqual(hashlib.sha256((FOLDER / network["file"]).read_bytes()).hexdigest(), network["sha256"])
        self.assertEqual(SPEC["normalisation"], build_encoder.NORMALISATION)
        self.assertEqual(SPEC["measurements"], {"side_px": SIDE_PX, "names": list(NAMES)})

    def test_blood_smears_last_layer_is_that_of_its_model(self):
        inputs = np.random.default_rng(4).uniform(-1, 1, (2, 3, 128, 128)).astype(np.float32)
        run = lambda file: onnxruntime.InferenceSession(str(file), providers=["CPUExecutionProvider"]).run(None, {"image": inputs})[0]
        expected = run(ROOT / "models" / "blood-smear" / "network.onnx").mean((2, 3))
        np.testing.assert_allclose(run(FOLDER / "blood-smear.onnx")[:, -expected.shape[1]:].mean((2, 3)), expected, atol=1e-4)

    def test_golden_files_are_reproduced(self):
        encoder = Encoder(FOLDER)
        for case in json.loads((golden_encoder.GOLDEN_FOLDER / "cases.json").read_text())["cases"]:
            with self.subTest(case["image"]):
                expected = np.fromfile(golden_encoder.GOLDEN_FOLDER / case["features"], "<f4").reshape(case["shape"])
                found = encoder.features(decode(golden_encoder.IMAGES / case["image"]))[:case["turns"]]
                np.testing.assert_allclose(found, expected, rtol=1e-4, atol=1e-4)
        measured = json.loads((golden_encoder.GOLDEN_FOLDER / "measured.json").read_text())
        self.assertEqual(measured["names"], list(NAMES))
        for file, expected in zip(golden_encoder.pictures(), measured["pictures"]):
            with self.subTest(file.name):
                found = golden_encoder.measurements_of(file, SPEC)
                self.assertEqual(found["image"], expected["image"])
                np.testing.assert_allclose(found["measurements"], expected["measurements"], rtol=1e-5, atol=1e-5)

    def test_card_and_metrics_agree(self):
        card = (FOLDER / "card.md").read_text().partition(measure_encoder.BEGIN)[2].partition(measure_encoder.END)[0].strip()
        self.assertEqual(card, measure_encoder.numbers_of(SPEC["metrics"]))


class Measuring(unittest.TestCase):
    def test_blocks_are_where_the_spec_says_and_weigh_the_same(self):
        columns, divisors = measure_encoder.columns_of(SPEC, ("imagenet middle", "blood-smear last", "measurements"))
        self.assertEqual([columns[0], columns[128], columns[-1]], [0, 1408 + 128, 2 * 1408 + len(NAMES) - 1])
        self.assertAlmostEqual(float((1 / divisors**2).sum()), 1.0, places=5)

    def test_types_that_differ_are_learned_and_noise_is_not(self):
        draw = np.random.RandomState(5)
        labels = np.repeat(["a", "b"], 60)
        noise = draw.normal(size=(120, 8, 30)).astype(np.float32)
        learned, tested = np.r_[0:20, 60:80], np.r_[20:60, 80:120]
        divisors = np.full(30, np.sqrt(30), np.float32)
        self.assertLess(abs(measure_encoder.balanced_accuracy(noise, labels, divisors, learned, tested, False) - 0.5), 0.2)
        noise[60:, :, 3] += 6
        for is_turned in (False, True):
            self.assertGreater(measure_encoder.balanced_accuracy(noise, labels, divisors, learned, tested, is_turned), 0.9)

    def test_a_cell_that_is_cut_out_is_framed(self):
        image = np.zeros((100, 100, 1), np.uint8)
        image[10:30, 70:80] = 200
        with tempfile.TemporaryDirectory() as folder:
            file = Path(folder) / "cell.png"
            file.write_bytes(write_png(image))
            framed = measure_encoder.picture(file, True)
            self.assertEqual(framed.shape, (34, 34, 1))
            self.assertEqual(int((framed == 200).sum()), 200)
            self.assertEqual(measure_encoder.picture(file, False).shape, (100, 100, 1))


if __name__ == "__main__":
    unittest.main()
