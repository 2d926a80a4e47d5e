"""The scorer of cell finders, by hand."""

import sys
import tempfile
import unittest
from pathlib import Path
from unittest import mock

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "scripts"))

try:
    import numpy as np
    from PIL import Image

    from score_detection import intervals, labelled_twice, mask_of, matched, matched_masks, moved
except ImportError as error:
    reason = f"{error}: the tests of the scorer are skipped; see scripts/requirements.txt"
    print(f"SKIPPED {Path(__file__).name}: {reason}", file=sys.stderr)
    raise unittest.SkipTest(reason)


class Scorer(unittest.TestCase):
    def test_boxes_are_paired_one_to_one(self):
        truth = np.array([[0, 0, 10, 10], [20, 0, 30, 10]])
        found = np.array([[0, 0, 10, 6], [0, 0, 10, 9], [20, 0, 30, 4.9]])  # two of the first; 0.49 of the second
        self.assertEqual(matched(found, truth), 1)
        self.assertEqual(matched(found, truth, 0.4), 2)
        self.assertEqual(matched(found[:0], truth), 0)

    def test_a_mask_is_the_pixels_whose_middles_lie_in_the_outline(self):
        corner, mask = mask_of([3, 2, 7, 2, 7, 5, 3, 5])
        self.assertEqual(corner, (3, 2))
        self.assertEqual(mask.shape, (3, 4))
        self.assertTrue(mask.all())
        triangle = mask_of([0, 0, 10, 0, 0, 10])[1]
        self.assertTrue(45 <= triangle.sum() <= 55)

    def test_masks_are_paired_by_their_own_overlap(self):
        truth = np.zeros((12, 40), int)
        truth[2:12, 0:10] = 1
        truth[0:2, 0:38] = 1  # a thin process: the box is four times as wide
        truth[4:10, 20:26] = 2
        body = [0, 2, 10, 2, 10, 12, 0, 12]
        half = [20, 4, 26, 4, 26, 6.9, 20, 6.9]
        self.assertEqual(matched_masks({"outlines": [body]}, truth), 1)
        self.assertEqual(matched(np.array([[0, 2, 10, 12]]), np.array([[0, 0, 38, 12]])), 0)
        self.assertEqual(matched_masks({"outlines": [body, body, half]}, truth), 1 + (6 * 3 / 36 >= 0.5))
        self.assertEqual(matched_masks({"masks": [((-2, 2), np.ones((10, 12), bool)), ((20, 4), np.ones((6, 9), bool))]}, truth), 2)
        self.assertEqual(matched_masks({"outlines": []}, truth), 0)

    def test_intervals_hold_the_figure_of_all(self):
        f1, precision, recall, error = intervals(np.array([[8, 10, 10], [4, 5, 10], [9, 9, 10]]), ["a", "b", "b"]).values()
        self.assertAlmostEqual(f1[0], 2 * 21 / (24 + 30))
        self.assertEqual((precision[0], recall[0]), (21 / 24, 21 / 30))
        self.assertAlmostEqual(error[0], 24 / 30 - 1)
        self.assertTrue(f1[1] <= f1[0] <= f1[2] and f1[1] < f1[2])

    def test_a_box_keeps_its_pixels_when_a_tile_is_mirrored_or_moved(self):
        box = np.array([[10, 20, 30, 25]])
        mirrored = np.array([[-1, 0, 99], [0, 1, 0]])  # 100 px wide: the first pixel becomes the last
        self.assertEqual(moved(box, mirrored).tolist(), [[70, 20, 90, 25]])
        quarter = np.array([[0, -1, 49], [1, 0, 0]])
        self.assertEqual(moved(box, quarter).tolist(), [[25, 10, 30, 30]])
        self.assertEqual(moved(box, np.array([[1, 0, -7], [0, 1, 5]])).tolist(), [[3, 25, 23, 30]])

    def test_labels_of_the_same_cells_are_compared_where_both_tiles_show_them_whole(self):
        with tempfile.TemporaryDirectory() as name:
            folder = Path(name)
            (folder / "images").mkdir()
            noise = np.random.default_rng(1).integers(0, 255, (120, 200), np.uint8)
            Image.fromarray(noise[:, :140]).save(folder / "images" / "a.png")
            Image.fromarray(noise[:, 60:]).save(folder / "images" / "b.png")
            (folder / "boxes.csv").write_text(
                "image,label,x0,y0,x1,y1,group\n"
                "a.png,live,90,40,110,60,0\nb.png,dead,31,41,51,61,1\n"  # one cell, a pixel aside
                "a.png,live,20,40,40,60,0\n"  # not in the other tile
                "a.png,live,90,80,110,95,0\n")  # not labelled in the other tile
            copies = folder / "copies.csv"
            copies.write_text("image,copy,grain,matrix\na.png,b.png,1.00,1 0 -60 0 1 0\n")
            with mock.patch("cytotrain.tiles.COPIES", copies):
                [frame], [again], called = labelled_twice(folder)
        self.assertEqual(frame.boxes.tolist(), [[90, 40, 110, 60], [90, 80, 110, 95]])
        self.assertEqual(again.tolist(), [[91, 41, 111, 61]])
        self.assertEqual(called, (1, 0))
        self.assertEqual(matched(again, frame.boxes), 1)


if __name__ == "__main__":
    unittest.main()
