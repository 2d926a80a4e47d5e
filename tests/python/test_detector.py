"""The network that finds cells: from a frame to its input, from its maps to boxes, what it learns from, and its folder."""

import hashlib
import json
import math
import sys
import unittest
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "scripts"))

try:
    import numpy as np
    import onnx
    import onnxruntime
    import scipy
    import torch
except ImportError as error:
    reason = f"{error}: the tests of the cell finder are skipped; see scripts/requirements.txt"
    print(f"SKIPPED {Path(__file__).name}: {reason}", file=sys.stderr)
    raise unittest.SkipTest(reason)

import train_detector
from cytotrain import pieces, tiles
from cytotrain.detector import CellMarker, Rule, boxes_of, by_block, contrast_of, has_size, network_input, peaks, scaled_size
from cytotrain.detector_folder import numbers_of, opened
from cytotrain.folders import folders_of_kind

FOLDERS = sorted(folder / "spec.json" for folder in folders_of_kind(ROOT / "models", "detector"))


class Input(unittest.TestCase):
    def test_contrast_is_by_order_and_leaves_out_a_thousandth_at_either_end(self):
        grey = np.random.default_rng(1).permutation(np.arange(5000.0)).reshape(50, 100)
        # Rank (5000 − 1) div 1000 = 4.
        self.assertEqual(contrast_of(grey, 14, 45), (2500.0, 4995.0 - 4.0))
        # In a large frame no more than a quarter of the square on half a cell's diameter: 4 · 4 / 8 = 2.
        self.assertEqual(contrast_of(grey, 4, 4), (2500.0, 4997.0 - 2.0))

    def test_size_is_rounded_half_up(self):
        self.assertEqual(scaled_size(225, 219, 14, 45, Rule(cell_diameter_px=25.1)), (225, 219))
        self.assertEqual(scaled_size(1024, 1022, 25, 130, Rule(cell_diameter_px=25.1)), (451, 450))
        self.assertEqual(scaled_size(25, 3, 50, 50, Rule(cell_diameter_px=25)), (13, 4))

    def test_input_is_the_same_for_another_gain_and_offset_and_padded_with_zeros(self):
        grey = np.random.default_rng(2).normal(100, 10, (42, 39)).astype(np.float32)
        rule = Rule(cell_diameter_px=25.1)
        pixels, scaled = network_input(grey, 14, 45, rule)
        other, _ = network_input(grey * 64 + 512, 14, 45, rule)
        self.assertEqual((tuple(pixels.shape), scaled), ((1, 1, 48, 40), (39, 42)))
        self.assertTrue((pixels[0, 0, 42:] == 0).all() and (pixels[0, 0, :, 39:] == 0).all())
        self.assertLess(float((pixels - other).abs().max()), 1e-5)
        middle, spread = contrast_of(grey, 14, 45)
        self.assertAlmostEqual(float(pixels[0, 0, 5, 7]), 4 * (float(grey[5, 7]) - middle) / spread, places=5)

    def test_even_frame_is_nothing(self):
        pixels, _ = network_input(np.full((20, 20), 7.0), 14, 45, Rule())
        self.assertEqual(float(pixels.abs().max()), 0.0)


class Boxes(unittest.TestCase):
    rule = Rule(cell_diameter_px=20, threshold=0.5, overlap=0.4)

    def maps(self, *cells):
        """Nine maps of 6 × 8 blocks; cells are (y, x, logit, left, top, right, bottom)."""
        maps = np.full((9, 6, 8), -5, np.float32)
        for y, x, *values in cells:
            maps[:5, y, x] = values
        return maps

    def test_equal_neighbours_are_one_cell_the_first_in_reading_order(self):
        scores = np.array([[0, 2, 2, 0], [0, 2, 1, 0], [3, 0, 0, 4]], float)
        # (2, 0) is no peak's neighbour but (1, 1) is its; (0, 1) is first of its three equals.
        self.assertEqual(peaks(scores, 1).tolist(), [[2, 3], [2, 0], [0, 1]])
        self.assertEqual(peaks(scores, 3.5).tolist(), [[2, 3]])
        self.assertEqual(len(peaks(scores, 5)), 0)

    def test_boxes_and_scores_by_hand(self):
        maps = self.maps((2, 3, 1.0, 0.5, 0.25, 0.5, 0.25), (5, 7, 0.0, 0.2, 0.2, 0.9, -0.3), (0, 0, -0.1, 1, 1, 1, 1))
        boxes, scores = boxes_of(maps, (30, 22), (60, 44), self.rule)
        # Centre of block (2, 3): x = 14, y = 10 at the network's scale, 20 px to a distance of 1, twice that in the frame.
        # The third lies below the threshold; the second is clipped to the frame, its negative distance is none.
        np.testing.assert_allclose(boxes, [[8, 10, 48, 30], [52, 36, 60, 44]])
        np.testing.assert_allclose(scores, [1 / (1 + math.exp(-1)), 0.5])

    def test_of_two_that_overlap_the_better_is_kept(self):
        first, second = (2, 2, 2.0, 0.4, 0.4, 0.4, 0.4), (2, 4, 1.0, 0.4, 0.4, 0.4, 0.4)
        # 16 × 16 px each, 8 px apart: 128 shared of 384, a third.
        self.assertEqual(len(boxes_of(self.maps(first, second), (32, 24), (32, 24), self.rule)[0]), 2)
        strict = Rule(cell_diameter_px=20, threshold=0.5, overlap=0.3)
        boxes, _ = boxes_of(self.maps(second, first), (32, 24), (32, 24), strict)
        np.testing.assert_allclose(boxes, [[2, 2, 18, 18]])

    def test_size_has_slack(self):
        boxes = np.array([[0, 0, 6, 6], [0, 0, 6, 5.9], [0, 0, 28, 28], [0, 0, 29, 28]], float)
        self.assertEqual(has_size(boxes, 10, 20).tolist(), [True, False, True, False])


class Pieces(unittest.TestCase):
    def test_truth_read_as_the_networks_answer_gives_the_boxes_back(self):
        boxes = np.array([[20, 30, 44, 52], [48, 30, 70, 50], [0, 100, 12, 124], [150.5, 140, 214, 181.5]])
        heat, seen, target, _, inside = pieces.truth(boxes, np.array([1, 1, 0.6, 1]), None)
        self.assertEqual((heat == 1).sum(), 4)
        self.assertTrue((seen == 1).all())
        maps = np.concatenate([np.log(heat + 1e-9)[None] + 1, target, np.zeros((4, 56, 56))])
        found, _ = boxes_of(maps, (224, 224), (224, 224), Rule(threshold=0.7))
        np.testing.assert_allclose(sorted(found.tolist()), sorted(boxes.tolist()), atol=1e-4)
        # The ellipses' areas, in px of half the size.
        area = np.pi / 4 * ((boxes[:, 2] - boxes[:, 0]) * (boxes[:, 3] - boxes[:, 1])).sum() / 4
        self.assertAlmostEqual(inside.sum() / area, 1, delta=0.02)

    def test_a_cell_hardly_in_sight_is_neither_cell_nor_background(self):
        heat, seen, *_ = pieces.truth(np.array([[0, 100, 8, 124]], float), np.array([0.3]), None)
        self.assertEqual(float(heat.max()), 0.0)
        self.assertTrue((seen[25:31, :2] == 0).all())
        self.assertEqual(int((seen == 0).sum()), 6 * 2)

    def test_boxes_follow_the_pixels_through_turn_flip_and_scale(self):
        grey = np.full((200, 180), 100, np.float32)
        grey[60:80, 30:70] = 200
        frame = pieces.levels_of(grey, (Rule.cell_diameter_px,) * 2, np.array([[30, 60, 70, 80]]), None)
        seen = 0
        for seed in range(12):
            rng = np.random.default_rng(seed)
            turn, shift = pieces.placement(frame[1], float(np.exp(rng.uniform(-0.3, 0.3))), False, rng)
            pixels, boxes, share, _ = pieces.cut_out(frame[1], turn, shift)
            if share[0] < 0.99:
                continue
            seen += 1
            y, x = np.nonzero(pixels.numpy() > 2)
            np.testing.assert_allclose(boxes[0], [x.min(), y.min(), x.max() + 1, y.max() + 1], atol=1.1)
        self.assertGreater(seen, 6)

    def test_masks_give_the_boxes_at_any_angle(self):
        masks = np.zeros((240, 240), int)
        masks[100:120, 80:140] = 1
        frame = pieces.levels_of(100.0 + 100 * masks, (Rule.cell_diameter_px,) * 2, np.array([[80, 100, 140, 120]]), masks)
        turn, shift = np.array([[0.6, -0.8], [0.8, 0.6]]), np.array([100.0, -60.0])
        _, boxes, share, _ = pieces.cut_out(frame[1], turn, shift)
        corners = np.array([[80, 100], [140, 100], [80, 120], [140, 120]]) @ turn.T + shift
        np.testing.assert_allclose(boxes[0], [*corners.min(0), *corners.max(0)], atol=1.6)
        self.assertAlmostEqual(share[0], 1, delta=0.03)


class Loss(unittest.TestCase):
    def test_the_truth_costs_least(self):
        wanted = [torch.from_numpy(a)[None] for a in pieces.truth(np.array([[40, 40, 70, 64]], float), np.ones(1), None)]
        heat, _, target, _, inside = wanted
        logits = torch.where(heat == 1, 8.0, -8.0)
        halves = nn_unshuffle(torch.where(inside > 0.5, 8.0, -8.0))
        right = torch.cat([logits[:, None], target, halves], 1)
        cost = float(train_detector.loss_of(right, *wanted))
        self.assertLess(cost, 0.1)
        for at, change in ((0, -12.0), (1, 0.5), (6, -12.0)):
            wrong = right.clone()
            wrong[:, at] += change
            self.assertGreater(float(train_detector.loss_of(wrong, *wanted)), 2 * cost + 0.01)


def nn_unshuffle(half: "torch.Tensor") -> "torch.Tensor":
    return torch.nn.functional.pixel_unshuffle(half[:, None], 2)


class Network(unittest.TestCase):
    def test_a_square_sees_no_farther_than_the_halo(self):
        for is_fine in (False, True):
            with self.subTest(is_fine=is_fine):
                network = CellMarker(is_fine, 8).eval()
                pixels = torch.ones(1, 1, 256, 256, requires_grad=True)
                with torch.no_grad():
                    for parameter in network.parameters():
                        parameter.abs_()
                maps = by_block(network(pixels))
                self.assertEqual(tuple(maps.shape), (1, 9, 64, 64))
                maps[0, :, 32:34, 32:34].sum().backward()
                rows = np.flatnonzero(pixels.grad[0, 0].abs().sum(1).numpy())
                self.assertGreaterEqual(rows[0], 128 - network.halo_px)
                self.assertLess(rows[-1], 136 + network.halo_px)
                self.assertGreater(rows[-1] - rows[0], 180)

    def test_each_block_of_a_square_has_its_own_values(self):
        squares = torch.arange(36.0).reshape(1, 36, 1, 1).expand(1, 36, 2, 3)
        maps = by_block(squares)
        self.assertEqual(tuple(maps.shape), (1, 9, 4, 6))
        # Map 5 of the block in row 1, column 0 of its square.
        self.assertEqual(float(maps[0, 5, 1, 2]), 5 * 4 + 2)


class Tiles(unittest.TestCase):
    def test_connected_tiles_share_a_fold(self):
        folder = ROOT.parent / "shared" / "data" / "viability"
        if not folder.exists():
            print(f"SKIPPED {Path(__file__).name}: folds of tiles, there is no {folder}", file=sys.stderr)
            self.skipTest(f"there is no {folder}")
        fold_of = tiles.folds_of(folder)
        counts = [list(fold_of.values()).count(fold) for fold in tiles.FOLDS]
        self.assertLessEqual(max(counts) - min(counts), 20)
        group_of = {row["image"]: row["group"] for row in tiles.read_rows(folder / "boxes.csv")}
        self.assertEqual(len({(group_of[image], fold) for image, fold in fold_of.items()}), len({group_of[image] for image in fold_of}))
        pairs = [(one, other) for one, other, _ in tiles.read_copies() if one in fold_of and other in fold_of]
        self.assertGreater(len(pairs), 400)
        self.assertEqual([pair for pair in pairs if fold_of[pair[0]] != fold_of[pair[1]]], [])


class Folders(unittest.TestCase):
    def test_round_and_adherent_are_there(self):
        self.assertEqual([file.parent.name for file in FOLDERS], ["adherent", "round"])

    def test_card_and_file_agree_with_the_spec(self):
        for file in FOLDERS:
            with self.subTest(file.parent.name):
                spec = json.loads(file.read_text())
                content = (file.parent / spec["network"]["file"]).read_bytes()
                self.assertEqual(spec["network"]["sha256"], hashlib.sha256(content).hexdigest())
                self.assertEqual(spec["network"]["bytes"], len(content))
                self.assertLessEqual(len(content), 2_000_000)
                begin, end = train_detector.NUMBERS
                card = (file.parent / "card.md").read_text().partition(begin)[2].partition(end)[0].strip()
                self.assertEqual(card, numbers_of(spec["metrics"]))

    def test_figures_follow_from_the_counts(self):
        for file in FOLDERS:
            metrics = json.loads(file.read_text())["metrics"]
            for name, row in metrics["rows"].items():
                with self.subTest(f"{file.parent.name} {name}"):
                    self.assertEqual(row["f1"][0], round(2 * row["matched"] / (row["found"] + row["cells"]), 4))
                    self.assertEqual(row["count_error"][0], round(row["found"] / row["cells"] - 1, 4))
                    for at, low, high in (row[figure] for figure in ("f1", "precision", "recall", "count_error")):
                        self.assertTrue(low <= at <= high)
            if "frames" in metrics:
                pooled = [sum(counts) for counts in zip(*metrics["frames"].values())]
                self.assertEqual(pooled, [metrics["rows"]["all"][name] for name in ("matched", "found", "cells")])

    def test_it_finds_drawn_cells(self):
        """Bright discs with dark rims, as cells in suspension look: a network that lost its weights finds none."""
        grey = np.full((220, 220), 110, np.float32)
        y, x = np.mgrid[:220, :220] + 0.5
        centres = [(40, 50), (120, 60), (170, 150), (60, 160)]
        for cy, cx in centres:
            radius = np.hypot(y - cy, x - cx)
            grey[radius < 10] = 40
            grey[radius < 5] = 240
        grey += np.random.default_rng(3).normal(0, 1.5, grey.shape).astype(np.float32)
        for file in FOLDERS:
            spec = json.loads(file.read_text())
            maps_of = opened((file.parent / "network.onnx").read_bytes())
            rule = Rule(spec["cell_diameter_px"], spec["normalisation"]["gain"], spec["normalisation"]["most"], threshold=spec["threshold"], overlap=spec["overlap"])
            pixels, scaled = network_input(grey, 14, 45, rule)
            boxes, _ = boxes_of(maps_of(pixels)[0], scaled, (220, 220), rule)
            found = sorted(((b[1] + b[3]) / 2, (b[0] + b[2]) / 2) for b in boxes)
            self.assertEqual(len(found), 4)
            np.testing.assert_allclose(found, sorted(centres), atol=3)
            self.assertTrue((abs(boxes[:, 2:] - boxes[:, :2] - 20) < 6).all())


if __name__ == "__main__":
    unittest.main()
