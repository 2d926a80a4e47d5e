"""The Python room itself: metrics, preparation, export and resumable training; needs PyTorch, ONNX and ONNX Runtime."""

import contextlib
import csv
import io
import json
import math
import sys
import tempfile
import unittest
from pathlib import Path
from unittest import mock

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "scripts"))

try:
    import numpy as np
    import onnx
    import onnxruntime
    import torch
    from PIL import Image
except ImportError as error:
    reason = f"{error}: the tests of the training code are skipped; see scripts/requirements.txt"
    print(f"SKIPPED {Path(__file__).name}: {reason}", file=sys.stderr)
    raise unittest.SkipTest(reason)

import compare_networks
import export_onnx
import golden_prepare
import train
from cytotrain import audit, augment, batch, metrics, novelty, quality, restore
from cytotrain.folders import folders_of_kind
from cytotrain.model_folder import ExportedModel, format_json
from cytotrain.networks import NETWORKS, Classifier, load_pretrained, mobilenet_v2_features
from cytotrain.png import write_png
from cytotrain.prepare import composite_on_white, decode, normalise, prepare
from cytotrain.safetensors import read_safetensors, write_safetensors
from cytotrain.tasks import MODELS_FOLDER, list_files, list_samples, new_spec

SHARED = ROOT.parent / "shared"


def blood_smear_spec() -> dict:
    return json.loads((MODELS_FOLDER / "blood-smear" / "spec.json").read_text())


def setUpModule():
    torch.set_num_threads(1)


def read_floats(file: Path, shape: list[int]) -> np.ndarray:
    return np.fromfile(file, "<f4").reshape(shape)


class Metrics(unittest.TestCase):
    def test_wilson_interval(self):
        # Newcombe 1998, Statistics in Medicine 17, table I, method 3.
        for successes, trials, low, high in [
            (81, 263, 0.2553, 0.3662), (15, 148, 0.0624, 0.1605), (0, 20, 0.0, 0.1611), (1, 29, 0.0061, 0.1718),
        ]:
            got = metrics.wilson_interval(successes, trials)
            self.assertAlmostEqual(got[0], low, places=4)
            self.assertAlmostEqual(got[1], high, places=4)

    def test_calibration_error(self):
        probabilities = np.array([[0.9, 0.1], [0.9, 0.1], [0.3, 0.7], [0.45, 0.55]])
        expected = (2 * abs(0.5 - 0.9) + abs(1 - 0.7) + abs(0 - 0.55)) / 4
        self.assertAlmostEqual(metrics.expected_calibration_error(probabilities, np.array([0, 1, 1, 0])), expected)

    def test_temperature_is_found_again(self):
        random = np.random.RandomState(0)
        logits = random.normal(0, 2, (20000, 4))
        cumulated = metrics.softmax(logits).cumsum(1)
        labels = (random.uniform(size=(20000, 1)) > cumulated).sum(1)
        self.assertAlmostEqual(metrics.fit_temperature(logits * 3, labels), 3, delta=0.1)

    def test_threshold_is_the_smallest_that_does(self):
        probabilities = np.array([[0.55, 0.45], [0.62, 0.38], [0.7, 0.3]])
        self.assertEqual(metrics.choose_threshold(probabilities, np.array([1, 0, 0])), 0.56)
        self.assertEqual(metrics.choose_threshold(probabilities, np.array([0, 0, 0])), 0.5)
        self.assertEqual(metrics.choose_threshold(np.array([[0.95, 0.05]]), np.array([1])), 0.9)

    def test_confusion_and_recall(self):
        confusion = metrics.confusion_matrix(np.array([0, 0, 1]), np.array([0, 1, 1]), 2)
        self.assertEqual(confusion.tolist(), [[1, 1], [0, 1]])
        recall, precision, f1 = metrics.per_class(confusion)
        self.assertEqual((recall.tolist(), precision.tolist()), ([0.5, 1.0], [1.0, 0.5]))
        self.assertAlmostEqual(f1[0], 2 / 3)


class Files(unittest.TestCase):
    def test_safetensors_round_trip(self):
        tensors = {"a.weight": np.arange(6, dtype=np.float32).reshape(2, 3), "a.bias": np.array([-1.5], np.float32)}
        content = write_safetensors(tensors)
        back = read_safetensors(content)
        self.assertEqual(list(back), list(tensors))
        for name in tensors:
            np.testing.assert_array_equal(back[name], tensors[name])
        self.assertEqual(int.from_bytes(content[:8], "little") % 8, 0)

    def test_png_is_read_by_pillow(self):
        for channels, bits in [(1, 8), (2, 8), (3, 8), (4, 8), (1, 16)]:
            image = golden_prepare.draw(23, 31, channels, bits, seed=5)
            with tempfile.TemporaryDirectory() as folder:
                file = Path(folder) / "image.png"
                file.write_bytes(write_png(image))
                np.testing.assert_array_equal(decode(file), image)

    def test_json_stays_the_same_thing(self):
        value = {"a": [1, 2], "b": {"c": "ä" * 200, "d": []}, "e": [[1], [2]], "f": {}}
        self.assertEqual(json.loads(format_json(value)), value)


class Preparation(unittest.TestCase):
    def test_alpha_rounds_half_up(self):
        every = np.stack(np.meshgrid(np.arange(256), np.arange(256)), 2).astype(np.uint8)
        colour, alpha = every[..., 0] / 255, every[..., 1] / 255
        exact = (colour * alpha + 1 - alpha) * 255
        np.testing.assert_array_equal(composite_on_white(every)[..., 0], np.floor(exact + 0.5 + 1e-9).astype(np.uint8))

    def test_golden_cases(self):
        cases = json.loads((golden_prepare.GOLDEN_FOLDER / "cases.json").read_text())["cases"]
        self.assertEqual(cases, json.loads(json.dumps(golden_prepare.describe_cases())))
        images = golden_prepare.draw_all()
        for case in cases:
            with self.subTest(case=case["name"]):
                image = images[Path(case["image"]).stem]
                expected = read_floats(golden_prepare.GOLDEN_FOLDER / case["tensor"], case["tensor_shape"])
                # PyTorch 1.13 and 2.13 themselves differ by up to 3e-6 of the range where nothing is antialiased.
                rule = case["normalisation"]
                tolerance = 1e-5 * 255 / min(rule.get("std") or [rule["least_spread"]])
                np.testing.assert_allclose(prepare(image, case).numpy(), expected, rtol=0, atol=tolerance)
                with Image.open(golden_prepare.GOLDEN_FOLDER / case["image"]) as stored:
                    self.assertEqual(stored.size, (image.shape[1], image.shape[0]))

    def test_corner_median_spread_takes_each_plane_of_a_batch_by_itself(self):
        plane = torch.tensor([[1.0, 0, 0, 2], [0, 0, 0, 0], [8, 0, 0, 30]])
        batch = torch.stack([torch.stack([plane, 2 * plane + 9]), torch.stack([plane + 50, torch.full((3, 4), 7.0)])])
        rule = {"rule": "corner_median_spread", "corner_px": 1, "least_spread": 0.5}
        # The corners are 1, 2, 8, 30, their median 5; the mean is 41 / 12, the mean of squares 969 / 12.
        expected = (plane - 5) / (969 / 12 - (41 / 12) ** 2) ** 0.5
        seen = normalise(batch, rule)
        for got in (seen[0, 0], seen[0, 1], seen[1, 0]):
            torch.testing.assert_close(got, expected)
        self.assertEqual(seen[1, 1].abs().max(), 0)

    def test_training_sees_what_users_see(self):
        spec = blood_smear_spec()
        image = golden_prepare.draw(288, 288, 3, 8, seed=2)
        crops = torch.from_numpy(image).permute(2, 0, 1)[None].float() / 255
        seen = normalise(augment.shrink(crops, spec["input"]["width_px"]) * 255, spec["normalisation"])
        torch.testing.assert_close(seen, prepare(image, spec), rtol=0, atol=1e-5)


def new_spec_of_grey() -> dict:
    return {
        "crop": {"rule": "none"}, "resize": {"rule": "bilinear_half_pixel"},
        "normalisation": {"rule": "corner_median_spread", "corner_px": 5, "least_spread": 0.01},
    }


class Tasks(unittest.TestCase):
    def test_any_folder_of_classes_is_a_task(self):
        with tempfile.TemporaryDirectory() as name:
            folder = Path(name)
            for label in ("Naive SKOV3", "resistant"):
                (folder / label).mkdir()
                for number in range(20):
                    (folder / label / f"{number}.png").write_bytes(write_png(golden_prepare.draw(50, 44, 1, 8, number)))
            spec = new_spec("ovarian", folder)
            self.assertEqual([entry["id"] for entry in spec["classes"]], ["naive_skov3", "resistant"])
            self.assertEqual([entry["letter"] for entry in spec["classes"]], ["N", "R"])
            self.assertEqual((spec["input"]["channels"], spec["crop"]["side_px"]), ("grey", 44))
            samples = list_samples(folder, spec)
            counts = {part: sum(s.part == part for s in samples) for part in ("train", "val", "test")}
            self.assertEqual(counts, {"train": 28, "val": 4, "test": 8})
            self.assertEqual(list_files(folder), list_files(folder))
            with self.assertRaisesRegex(ValueError, "naive_skov3"):
                list_samples(folder, {"classes": [{"id": "resistant"}]})


class Novelty(unittest.TestCase):
    def test_distance_is_mahalanobis(self):
        random = np.random.RandomState(2)
        labels = np.repeat([0, 1], 4000)
        # Two classes with one covariance: correlated in two directions, small and equal in the other four.
        mixing = np.array([[3.0, 0], [1.2, 0.9]])
        values = np.concatenate([random.normal(size=(8000, 2)) @ mixing.T, 0.2 * random.normal(size=(8000, 4))], 1)
        values[labels == 1, :2] += [8, -7]
        probe = np.array([[8.0, -7, 0, 0, 0, 0], [1, 2, 0, 0, 0, 0], [0, 0, 1, 0, 0, 0]])
        covariance = mixing @ mixing.T
        expected = [0, math.sqrt(np.array([1, 2]) @ np.linalg.inv(covariance) @ np.array([1, 2])), 1 / 0.2]
        # All alike, so that their appearance adds nothing.
        measured = np.zeros((8000, len(quality.MEASURES)))
        got = novelty.fit(values, labels, 2, measured).distance(probe, measured[:3])
        np.testing.assert_allclose(got, expected, rtol=0.06, atol=0.1)

    def test_features_that_the_head_ignores_add_their_own_distance(self):
        random = np.random.RandomState(5)
        features, labels, measured = random.normal(size=(4000, 8)), np.repeat([0, 1], 2000), np.zeros((4000, len(quality.MEASURES)))
        features[:, 6:] = features[:, 6:] @ np.array([[0.02, 0.015], [0, 0.005]]) + 0.1 * labels[:, None]
        is_ignored = np.arange(8) >= 6
        alone = novelty.fit(features[:, :6], labels, 3, measured)
        both = novelty.fit(features, labels, 3, measured, is_ignored)
        self.assertEqual(both.basis.shape, (5, 8))
        squares = both.distance(features, measured) ** 2
        ratio = np.median(squares - alone.distance(features[:, :6], measured) ** 2) / np.median(alone.distance(features[:, :6], measured) ** 2)
        self.assertAlmostEqual(ratio, novelty.MIDDLE_SHARE, delta=0.1)
        # Small beside the others, and yet far out: ten spreads of its own, across the correlation.
        odd = features[:1].copy()
        odd[0, 6:] = [0.2, -0.15]
        self.assertGreater(both.distance(odd, measured[:1])[0], 10 * np.sqrt(np.median(squares)))

    def test_what_was_shown_as_foreign_is_further_away_and_the_rest_is_not(self):
        random = np.random.RandomState(6)
        features, labels, measured = random.normal(size=(2000, 6)), np.repeat([0, 1], 1000), np.zeros((2000, len(quality.MEASURES)))
        plain = novelty.fit(features, labels, 3, measured)
        # Foreign images differ in one direction only, and by less than two spreads.
        shown = random.normal(size=(500, 6)) + np.array([0, 0, 0, 0, 0, 1.8])
        exposed = novelty.expose(plain, features[:1500], shown[:300], features[1500:], measured[1500:])
        self.assertEqual(set(exposed.tensors()) - set(plain.tensors()), {"exposure", "exposure_offset"})
        far = lambda statistics, values: statistics.distance(values, measured[:len(values)])
        self.assertGreater(np.abs(exposed.exposure[5]), 5 * np.abs(exposed.exposure[:5]).max())
        passed = lambda statistics: (far(statistics, shown[300:]) <= np.quantile(far(statistics, features[1500:]), 0.95)).mean()
        self.assertGreater(passed(plain), 0.7)
        self.assertLess(passed(exposed), 0.6)
        unlike = features[1500:][(features[1500:] @ exposed.exposure) < (features[1500:] @ exposed.exposure).mean()]
        np.testing.assert_array_equal(far(exposed, unlike[unlike[:, 5] < -0.5]), far(plain, unlike[unlike[:, 5] < -0.5]))
        ninth = np.quantile(far(exposed, features[1500:]) ** 2 - far(plain, features[1500:]) ** 2, 0.9)
        self.assertAlmostEqual(ninth / np.median(far(plain, features[1500:]) ** 2), novelty.EXPOSURE_SHARE, delta=0.01)

    def test_limits_leave_good_cells_alone(self):
        spec = json.loads((MODELS_FOLDER / "viability" / "spec.json").read_text())
        random = np.random.RandomState(3)
        images = [random.randint(60, 190, (48, 48, 1)).astype(np.uint8) for _ in range(40)]
        measured = np.array([quality.measure(image, spec) for image in images])
        limits = quality.fit_limits(measured, spec)
        # One below and one above at most.
        self.assertLessEqual(max(found.mean() for found in quality.outside(measured, limits).values()), 2 / 40)
        self.assertEqual(quality.flags(np.median(measured, 0), limits), [])
        blank = quality.measure(np.full((48, 48, 1), 120, np.uint8), spec)
        self.assertIn("blank", quality.flags(blank, limits))
        coloured = np.zeros((48, 48, 3), np.uint8) + np.array([20, 200, 90], np.uint8)
        self.assertIn("colour_image", quality.flags(quality.measure(coloured, spec), limits))
        self.assertIn("wrong_size", quality.flags(quality.measure(images[0][:24, :24], spec), limits))

    def test_appearance_adds_to_the_distance(self):
        random = np.random.RandomState(4)
        features, labels = random.normal(size=(400, 6)), np.zeros(400, int)
        measured = random.normal(size=(400, len(quality.MEASURES)))
        statistics = novelty.fit(features, labels, 2, measured)
        odd = measured[:1].copy()
        odd[0, quality.MEASURES.index("detail_2")] += 20
        self.assertGreater(statistics.distance(features[:1], odd)[0], 2 * statistics.distance(features[:1], measured[:1])[0])
        bright = measured[:1].copy()
        bright[0, quality.MEASURES.index("brightness")] += 100
        np.testing.assert_allclose(statistics.distance(features[:1], bright), statistics.distance(features[:1], measured[:1]), rtol=1e-6)

    def test_float16_is_kept(self):
        content = write_safetensors({"a": np.array([1.5, -2], np.float16), "b": np.array([0.1], np.float32)})
        back = read_safetensors(content)
        self.assertEqual([back["a"].dtype, back["b"].dtype], [np.float16, np.float32])
        np.testing.assert_array_equal(back["a"], [1.5, -2])

    def test_area_under_curve(self):
        self.assertEqual(metrics.area_under_curve(np.array([1.0, 2, 3]), np.array([2.0, 4])), (1 + 0.5 + 3 + 0) / 6)
        low, high = metrics.bootstrap_interval(lambda x: x.mean(), np.arange(100.0))
        self.assertTrue(40 < low < 47 and 52 < high < 59)


class Augmentation(unittest.TestCase):
    def test_shape_range_and_seed(self):
        images = torch.from_numpy(np.stack([golden_prepare.draw(96, 96, 3, 8, seed) for seed in range(12)]))
        batches = []
        spec = {**blood_smear_spec(), "input": {"width_px": 48, "height_px": 48, "channels": "rgb"}}
        for seed in (1, 1, 2):
            torch.manual_seed(seed)
            batches.append(augment.augment(images.permute(0, 3, 1, 2).float(), spec))
        self.assertEqual(batches[0].shape, (12, 3, 48, 48))
        self.assertTrue(-1 <= batches[0].min() and batches[0].max() <= 1)
        torch.testing.assert_close(batches[0], batches[1], rtol=0, atol=0)
        self.assertFalse(torch.equal(batches[0], batches[2]))

    def test_grey_images_keep_their_level_and_spread(self):
        spec = {**new_spec_of_grey(), "input": {"width_px": 40, "height_px": 40, "channels": "grey"}}
        images = torch.from_numpy(np.stack([golden_prepare.draw(40, 40, 1, 16, seed) for seed in range(16)]).astype(np.float32))
        for name in augment.AUGMENTATIONS.keys() - {"stained", "stained-anywhere", "cut-out"}:
            torch.manual_seed(5)
            batch = augment.augment(images.permute(0, 3, 1, 2) / 257, spec, name)
            self.assertEqual(batch.shape, (16, 1, 40, 40))
            self.assertTrue(torch.isfinite(batch).all())
            self.assertTrue(0.4 < batch.std((1, 2, 3)).min() and batch.std((1, 2, 3)).max() < 2)

    def test_any_stain_keeps_the_range_and_says_nothing_of_the_surroundings(self):
        spec = {**blood_smear_spec(), "input": {"width_px": 48, "height_px": 48, "channels": "rgb"}}
        images = torch.from_numpy(np.stack([golden_prepare.draw(60, 60, 3, 8, seed) for seed in range(12)])).permute(0, 3, 1, 2).float()
        torch.manual_seed(3)
        batch = augment.augment(images, spec, "stained-anywhere")
        self.assertEqual(batch.shape, (12, 3, 48, 48))
        self.assertTrue(-1 <= batch.min() and batch.max() <= 1)
        swapped = augment.swap_surroundings(images / 255)
        self.assertTrue(torch.allclose(swapped[:, :, 28:32, 28:32], images[:, :, 28:32, 28:32] / 255, atol=0.02))
        self.assertGreater((swapped[:, :, 0, 0] - images[:, :, 0, 0] / 255).abs().mean(), 0.1)

    def test_what_is_outside_a_cut_out_cell_stays_nothing(self):
        spec = {**new_spec_of_grey(), "input": {"width_px": 48, "height_px": 48, "channels": "grey"}}
        spec["normalisation"] = {"rule": "inside_mean_spread", "inside_above": 24, "least_spread": 40.0}
        images = torch.zeros(20, 1, 96, 96)
        images[:, :, 30:66, 30:66] = 90 + 80 * torch.rand(20, 1, 36, 36)
        torch.manual_seed(3)
        batch = augment.augment(images, spec)
        self.assertEqual(batch.shape, (20, 1, 48, 48))
        outside = (batch == 0).float().mean((1, 2, 3))
        self.assertTrue(0.5 < outside.min() and outside.max() < 0.99)
        for one in batch:
            self.assertAlmostEqual(float(one[one != 0].mean()), 0, places=4)

    def test_brightness_of_the_paper_does_nothing_until_mended(self):
        spec = {**new_spec_of_grey(), "input": {"width_px": 40, "height_px": 40, "channels": "grey"}}
        images = torch.from_numpy(golden_prepare.draw(40, 40, 1, 8, 1)).permute(2, 0, 1)[None].float().expand(200, -1, -1, -1)
        means = {}
        for name in ("paper", "paper-mended"):
            torch.manual_seed(1)
            means[name] = augment.augment(images, spec, name).mean((1, 2, 3))
        self.assertLess(means["paper"].std(), 0.01)
        self.assertGreater(means["paper-mended"].std(), 0.2)

    def test_fine_quantisation_changes_nothing(self):
        image = torch.rand(1, 3, 16, 16)
        with mock.patch.object(augment, "_uniform", lambda count, low, high: torch.full((count, 1, 1, 1), 1e-6)):
            torch.testing.assert_close(augment.recompress(image), image, rtol=0, atol=1e-4)


class Export(unittest.TestCase):
    def setUp(self):
        torch.manual_seed(3)
        self.network = mobilenet_v2_features(0.35)
        self.inputs = torch.rand(3, 3, 128, 128) * 2 - 1
        # Statistics of real activations, without which random weights would let nothing through to the output.
        for module in self.network.modules():
            if isinstance(module, torch.nn.BatchNorm2d):
                module.momentum = None
                torch.nn.init.uniform_(module.weight, 0.8, 1.6)
                torch.nn.init.uniform_(module.bias, -0.2, 0.5)
        with torch.no_grad():
            self.network(self.inputs)
        self.network.eval()
        self.model = export_onnx.export_features(self.network, self.inputs[:2])

    def run_model(self):
        session = onnxruntime.InferenceSession(self.model.SerializeToString(), providers=["CPUExecutionProvider"])
        return session.run(["features"], {"image": self.inputs.numpy()})[0]

    def test_folded_graph_computes_the_same(self):
        with torch.no_grad():
            expected = self.network(self.inputs).numpy()
        self.assertEqual({node.op_type for node in self.model.graph.node}, {"Conv", "Clip", "Add"})
        np.testing.assert_allclose(self.run_model(), expected, rtol=0, atol=2e-4 * np.abs(expected).max())

    def test_weights_stored_as_float16_halve_the_file_and_run_as_rounded_ones(self):
        stored = onnx.ModelProto()
        stored.CopyFrom(self.model)
        export_onnx.store_halves(stored.graph)
        onnx.checker.check_model(stored, full_check=True)
        self.assertLess(stored.ByteSize(), 0.56 * self.model.ByteSize())
        casts = {node.output[0] for node in stored.graph.node if node.op_type == "Cast"}
        self.assertGreater(len(casts), 10)
        for tensor in self.model.graph.initializer:
            if tensor.name in casts:
                values = onnx.numpy_helper.to_array(tensor)
                self.assertGreaterEqual(values.size, export_onnx.HALF_FROM_VALUES)
                rounded = values.astype(np.float16).astype(np.float32)
                tensor.CopyFrom(onnx.numpy_helper.from_array(rounded, tensor.name))
        expected, self.model = self.run_model(), stored
        np.testing.assert_array_equal(self.run_model(), expected)

    def test_an_earlier_layers_means_stand_behind_the_features(self):
        before = self.run_model()
        seen = {}
        for index, block in enumerate(self.network):
            block.register_forward_hook(lambda _, __, output, index=index: seen.update({index: output}))
        with torch.no_grad():
            self.network(self.inputs)
        # Block 14 strides for the last time.
        middle = seen[13].mean((2, 3)).numpy()
        self.assertEqual(export_onnx.append_middle(self.model), 32)
        onnx.checker.check_model(self.model, full_check=True)
        after = self.run_model()
        np.testing.assert_array_equal(after[:, :1280], before)
        np.testing.assert_allclose(after[:, 1280:].mean((2, 3)), middle, rtol=0, atol=1e-5 * np.abs(middle).max())

    def test_symmetric_padding_would_be_noticed(self):
        with torch.no_grad():
            expected = self.network(self.inputs).numpy()
        first = next(node for node in self.model.graph.node if node.op_type == "Conv")
        next(a for a in first.attribute if a.name == "pads").ints[:] = [1, 1, 0, 0]
        self.assertGreater(np.abs(self.run_model() - expected).max(), 1e-2 * np.abs(expected).max())


class Audit(unittest.TestCase):
    def test_oblong_images_are_disturbed_about_their_middle(self):
        for channels in (1, 3):
            image = np.full((200, 288, channels), 200, np.uint8)
            image[90:110, 130:158] = 40
            for name, change in {**audit.spoiled_for(image), **audit.disturbances_for(image)}.items():
                with self.subTest(disturbance=name, channels=channels):
                    changed = change(image)
                    self.assertEqual(changed.shape, (288, 200, channels) if "turned" in name else image.shape)
                    weight = changed.max() - changed.astype(float)
                    if "noise" not in name and "side," not in name:
                        centre = [(weight * offsets).sum() / weight.sum() for offsets in np.indices(changed.shape)[:2]]
                        np.testing.assert_allclose(centre, (np.array(changed.shape[:2]) - 1) / 2, atol=2)
            dark = (audit.spoiled_for(image)["cell twice as large"](image) < 120)[..., 0]
            np.testing.assert_allclose([np.ptp(found) + 1 for found in np.nonzero(dark)], (40, 56), atol=2)


class Training(unittest.TestCase):
    def test_interrupted_run_ends_like_an_unbroken_one(self):
        with tempfile.TemporaryDirectory() as name:
            folder = Path(name)
            self.write_data(folder)
            whole = self.train(folder, folder / "whole")
            with mock.patch.object(train, "validate", side_effect=[(1, 2.0), KeyboardInterrupt]):
                with self.assertRaises(KeyboardInterrupt):
                    self.train(folder, folder / "broken")
            resumed = self.train(folder, folder / "broken")
            for key, value in whole.items():
                torch.testing.assert_close(resumed[key], value, rtol=0, atol=0, msg=key)

    def train(self, folder: Path, out: Path) -> dict:
        return self.run_training(folder, out, "--weights", str(folder), "--epochs", "2")["model"]

    def run_training(self, folder: Path, out: Path, *more: str) -> dict:
        command = ["train.py", "--task", "blood-smear", "--network", "mobilenet_v2_0.35", "--data", str(folder)]
        command += ["--out", str(out), "--batch", "4", "--threads", "1", *more]
        with mock.patch.object(sys, "argv", command), contextlib.redirect_stdout(io.StringIO()):
            train.main()
        return torch.load(out / "last.pt", map_location="cpu")

    def test_training_goes_on_from_an_exported_model(self):
        shipped = ExportedModel(MODELS_FOLDER / "blood-smear")
        with tempfile.TemporaryDirectory() as name:
            folder = Path(name)
            self.write_data(folder)
            start = self.run_training(folder, folder / "out", "--start", str(shipped.folder), "--epochs", "0", "--images", "5")
        self.assertRegex(start["recipe"], r"--images 5 .*\(goes on from blood-smear 1\.")
        model = Classifier(NETWORKS["mobilenet_v2_0.35"], len(shipped.spec["classes"]))
        model.load_state_dict(start["model"])
        self.assert_computes(model, shipped, torch.rand(3, 3, *[shipped.spec["input"]["width_px"]] * 2) * 2 - 1)

    def test_a_network_that_gives_an_earlier_layer_is_restored_without_it(self):
        shipped = ExportedModel(MODELS_FOLDER / "viability")
        self.assertGreater(shipped.spec["network"]["features"]["channels"], 1280)
        inputs = torch.randn(16, 1, 96, 96)
        model = Classifier(NETWORKS["mobilenet_v2_0.35"], 2, 1)
        self.assertEqual(restore.restore(model, shipped.folder, inputs), "viability " + shipped.spec["version"])
        self.assert_computes(model, shipped, inputs)
        # What training sees first is what was exported, too.
        model.train().dropout.p = 0
        with torch.no_grad():
            np.testing.assert_allclose(model(inputs), shipped.logits(shipped.features(inputs.numpy())), rtol=0, atol=1e-4)

    def assert_computes(self, model: Classifier, shipped: ExportedModel, inputs: torch.Tensor) -> None:
        with torch.no_grad():
            np.testing.assert_allclose(model.eval()(inputs), shipped.logits(shipped.features(inputs.numpy())), rtol=0, atol=1e-4)

    def test_a_short_run_sees_some_images_only(self):
        with tempfile.TemporaryDirectory() as name:
            folder = Path(name)
            self.write_data(folder)
            with mock.patch.object(train, "make_batch", wraps=train.make_batch) as made:
                self.run_training(folder, folder / "out", "--epochs", "3", "--images", "4", "--side", "32")
        seen = [sorted(crop.tobytes() for crop in call.args[0]) for call in made.call_args_list]
        self.assertEqual([len(set(crops)) for crops in seen], [4, 4, 4])
        self.assertEqual(seen[0], seen[2])

    def test_a_teacher_is_followed(self):
        with tempfile.TemporaryDirectory() as name:
            folder = Path(name)
            self.write_data(folder)
            usual = ["--weights", str(folder), "--side", "96"]
            teacher = self.run_training(folder, folder / "teacher", *usual, "--epochs", "0")
            # Whatever it sees, it calls it the last class, which no label names.
            teacher["model"]["dense_0.bias"][-1] += 20
            torch.save(teacher, folder / "teacher.pt")
            alone, taught = (
                self.run_training(folder, folder / out, *usual, "--epochs", "3", "--average-decay", "0", *more)
                for out, more in [("alone", []), ("taught", ["--teacher", str(folder / "teacher.pt")])]
            )
            with self.assertRaisesRegex(ValueError, "other inputs"):
                self.run_training(folder, folder / "out", "--weights", str(folder), "--teacher", str(folder / "teacher.pt"), "--epochs", "1")
        self.assertIn("taught by python scripts/train.py --task blood-smear", taught["recipe"])
        self.assertEqual(taught["spec"]["input"]["width_px"], 96)
        last = [saved["model"]["dense_0.bias"][-1] for saved in (alone, taught)]
        self.assertGreater(last[1] - last[0], 1e-3)

    def write_data(self, folder: Path) -> None:
        torch.manual_seed(0)
        network = NETWORKS["mobilenet_v2_0.35"]
        state = {f"features.{key}": value for key, value in network.build(3).state_dict().items()}
        torch.save(state, folder / network.weights_file)
        with (folder / "index.csv").open("w", newline="") as file:
            rows = csv.writer(file)
            rows.writerow(["file", "label", "split"])
            for number in range(10):
                (folder / f"{number}.png").write_bytes(write_png(golden_prepare.draw(300, 290, 3, 8, number)))
                rows.writerow([f"{number}.png", ["ig", "platelet"][number % 2], "val" if number >= 8 else "train"])

    def test_missing_folders_are_named(self):
        with self.assertRaisesRegex(FileNotFoundError, "nowhere holds neither index.csv"):
            list_files(Path("nowhere"))
        network = NETWORKS["mobilenet_v2_0.35"]
        with self.assertRaisesRegex(FileNotFoundError, "--weights"):
            load_pretrained(Classifier(network, 8), network, Path("nowhere"))


class Comparison(unittest.TestCase):
    def test_a_further_model_leaves_the_other_rows_and_times_count_for_all_of_its_network(self):
        row = {
            "task": "phases", "network": "ResNet-50", "input_px": 224, "images": 10, "correct": 6, "accuracy_interval_95": [0.3, 0.8],
            "balanced_accuracy": 0.5, "auc": 0.5, "auc_interval_95": [0.4, 0.6], "ece": 0.1, "parameters": 2e7, "bytes": 4e7, "ms": {"onnxruntime": 400.0},
        }
        recipe = "python scripts/train.py --recipe {} --epochs {} --seed 1 (from random weights){}"
        old = [{**row, "recipe": recipe.format("paper", 1, "")}, {**row, "task": "others", "recipe": recipe.format("paper --images 5", 1, "")}]
        new = {**row, "recipe": recipe.format("paper", 3, " (epoch 2 kept)"), "correct": 9}
        new.pop("ms")
        with tempfile.TemporaryDirectory() as name, mock.patch.object(compare_networks, "MODELS_FOLDER", Path(name)):
            folder = Path(name)
            (folder / "comparison.json").write_text(json.dumps(old))
            (folder / "README.md").write_text(f"before\n{compare_networks.BEGIN}\n{compare_networks.END}\nafter\n")
            (folder / "times.json").write_text('{"onnxruntime": 300.0, "core": 200.0}')
            command = ["compare_networks.py", "--data", name, name]
            for _ in range(2):
                with mock.patch.object(sys, "argv", command), mock.patch.object(compare_networks, "measure", return_value=new), contextlib.redirect_stdout(io.StringIO()):
                    compare_networks.main()
            rows = json.loads((folder / "comparison.json").read_text())
            lines = (folder / "README.md").read_text().splitlines()
        self.assertEqual([(row["task"], row["correct"]) for row in rows], [("others", 6), ("phases", 9), ("phases", 6)])
        self.assertEqual({row["ms"]["core"] for row in rows}, {200.0})
        self.assertEqual([line.split(" | ")[3] for line in lines if line.startswith(("| others", "| phases"))], [
            "paper, 1 epoch of 5 images, from random weights", "paper, 3 epochs (epoch 2 kept), from random weights", "paper, 1 epoch, from random weights",
        ])


class Sets(unittest.TestCase):
    def test_a_set_from_home_is_rarely_foreign_and_one_that_is_shifted_is(self):
        draw = np.random.RandomState(1)
        labels = np.repeat(np.arange(4), 100)
        measured = draw.normal(size=(400, len(quality.MEASURES)))
        home, again = ((draw.normal(size=(400, 30)) + 0.2 * draw.normal(size=(4, 30))[labels], draw.normal(size=(400, 16))) for _ in range(2))
        rules = batch.fit(home, labels, measured)
        self.assertEqual(rules["least_cells"], batch.LEAST_CELLS)
        self.assertEqual(list(rules["measures"]), list(quality.MEASURES))
        self.assertGreater(batch.limit(rules, 20), batch.limit(rules, 200))
        for size in (20, 30, 100):
            self.assertLess(batch.noticed(home, labels, rules, size, 300), 0.01)
            self.assertLess(batch.noticed(again, labels, rules, size, 300), 0.01)
            self.assertGreater(batch.noticed((again[0] + 1.5, again[1]), labels, rules, size, 300), 0.99)
            self.assertGreater(batch.noticed((again[0], again[1] + 1.5 * (np.arange(16) < 2)), labels, rules, size, 300), 0.99)

    def test_a_shift_is_the_mean_product_of_pairs_and_no_single_cell_counts_more_than_three(self):
        self.assertAlmostEqual(batch.shift(np.array([[1.0, -1.0], [3.0, 1.0]])), 2.0)
        self.assertAlmostEqual(batch.shift(np.array([[1.0, -1.0], [300.0, 1.0]])), 2.0)
        self.assertEqual(batch.shift(np.array([[1.0], [-1.0]])), 0.0)
        self.assertEqual(batch.shift(np.array([[1.0]])), 0.0)

    def test_the_look_holds_what_matters_to_a_model_and_does_not_depend_on_the_types(self):
        draw = np.random.RandomState(2)
        labels, spec = np.repeat([0, 1], 500), blood_smear_spec()
        features = draw.normal(size=(1000, 6)) + 9 * labels[:, None]
        # Types that look apart, and at home the second measure follows the first.
        measured = draw.normal(size=(1000, len(quality.MEASURES))) + 5.0 * labels[:, None]
        red, blue, peak, white = (quality.MEASURES.index(name) for name in ("red", "blue", "peak", "white"))
        measured[:, blue] = measured[:, red] + 0.1 * draw.normal(size=1000)
        statistics = batch.fit_look(novelty.fit(features, labels, 2, measured), features, measured, spec)
        look = lambda values: batch.deviations(statistics, features, values)[1]
        self.assertLess(max(batch.shift(look(measured)[labels == label]) for label in (0, 1)), 0.01)
        off = lambda measure, by: batch.shift(look(measured + by * (np.arange(len(quality.MEASURES)) == measure)))
        self.assertAlmostEqual(off(peak, 1.0), 1 / (1 + batch.OWN_SHARE), delta=0.15)
        self.assertGreater(off(blue, 1.0), 2 * off(peak, 1.0))
        self.assertLess(off(white, 100.0), 0.01)
        grey = {**spec, "input": {**spec["input"], "channels": "grey"}, "normalisation": {"rule": "corner_median_spread"}}
        self.assertFalse({"brightness", "contrast", "colour", "red", "blue"} & set(batch.look_measures(grey)))
        self.assertTrue({"brightness", "red", "blue", "size"} <= set(batch.look_measures(spec)))


class ShippedModels(unittest.TestCase):
    def test_golden_files_are_reproduced(self):
        shipped = folders_of_kind(MODELS_FOLDER, "classifier")
        self.assertGreaterEqual(len(shipped), 4)
        for folder in shipped:
            model = ExportedModel(folder)
            folder = folder / "golden"
            for case in json.loads((folder / "golden.json").read_text())["cases"]:
                with self.subTest(model=model.spec['name'], image=case["image"]):
                    tensor = prepare(decode(folder / case["image"]), model.spec).numpy()
                    expected = read_floats(folder / case["tensor"], case["tensor_shape"])
                    np.testing.assert_allclose(tensor, expected, rtol=0, atol=1e-6)
                    features = model.features(tensor)
                    expected = read_floats(folder / case["features"], case["features_shape"])
                    np.testing.assert_allclose(features, expected, rtol=0, atol=1e-4)
                    logits = model.logits(features)
                    np.testing.assert_allclose(logits[0], case["logits"], rtol=0, atol=1e-4)
                    np.testing.assert_allclose(model.probabilities(logits)[0], case["probabilities"], rtol=0, atol=1e-4)
                    measured = quality.measure(decode(folder / case["image"]), model.spec)
                    np.testing.assert_allclose(measured, case["measures"], rtol=1e-9, atol=1e-9)
                    self.assertEqual(quality.flags(measured, model.spec.get("quality", {})), case["quality"])
                    distance = model.novelty(features, measured[None])[0]
                    self.assertTrue(math.isclose(distance, case["novelty"], rel_tol=1e-4))
                    self.assertEqual(case["foreign"], distance > model.spec["novelty"]["threshold"])
                    index = [entry["id"] for entry in model.spec["classes"]].index(case["map"]["class"])
                    activation_map = model.activation_map(features[0], index)
                    self.assertEqual(activation_map.shape, (case["map"]["height"], case["map"]["width"]))
                    np.testing.assert_allclose(activation_map.ravel(), case["map"]["values"], rtol=0, atol=1e-4)
                    # The map averages to the logit less its bias, since pooling and the dense layer are linear.
                    self.assertTrue(math.isclose(
                        activation_map.mean(), logits[0, index] - model.layers[0][1][index], abs_tol=1e-3
                    ))

    def test_real_validation_images(self):
        data = SHARED / "data" / "blood-smear"
        if not data.is_dir():
            print(f"SKIPPED: {data} is missing, no real image is tested", file=sys.stderr)
            self.skipTest(f"{data} is missing")
        model = ExportedModel(MODELS_FOLDER / "blood-smear")
        samples = [s for s in list_samples(data, model.spec) if s.part == "val"][::10]
        inputs = np.concatenate([prepare(decode(s.file), model.spec).numpy() for s in samples])
        predicted = model.logits(model.features(inputs)).argmax(1)
        self.assertGreaterEqual(sum(predicted == [s.label for s in samples]), len(samples) - 4)


if __name__ == "__main__":
    unittest.main()
