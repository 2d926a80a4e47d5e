"""The split of the tiles, and the search for tiles that show the same pixels."""

import csv
import random
import sys
import tempfile
import unittest
from pathlib import Path
from unittest import mock

ROOT = Path(__file__).resolve().parents[2]
SHARED = ROOT.parent / "shared" / "data" / "viability"
sys.path.insert(0, str(ROOT / "scripts"))


def skip(what: object) -> unittest.SkipTest:
    print(f"SKIPPED {Path(__file__).name}: {what}", file=sys.stderr)
    return unittest.SkipTest(str(what))


try:
    import numpy as np
    from PIL import Image

    from cytotrain import tiles
except ImportError as error:
    raise skip(f"{error}: the split is not tested; see scripts/requirements.txt")


class Split(unittest.TestCase):
    def test_no_tile_is_tested_that_was_learned_from_or_shows_nothing(self):
        order = [str(number) for number in range(20)]
        random.Random(1).shuffle(order)  # as the groups are drawn: 14 train, 2 validate, 4 test
        train, val, test = order[:14], order[14:16], order[16:]
        pairs = [(train[0], train[1]), (test[0], train[2]), (val[0], test[1]), (train[3], val[1]), (test[2], test[3])]
        with tempfile.TemporaryDirectory() as name:
            folder = Path(name)
            (folder / "images").mkdir()
            for image in order:
                Image.fromarray(np.full((8, 8), 255, np.uint8) if image == train[4] else np.arange(64, dtype=np.uint8).reshape(8, 8)).save(folder / "images" / f"{image}.png")
            (folder / "boxes.csv").write_text("image,label,x0,y0,x1,y1,group\n" + "".join(f"{image}.png,live,1,1,5,5,{image}\n" for image in sorted(order, key=int)))
            copies = folder / "copies.csv"
            copies.write_text("image,copy,grain,matrix\n" + "".join(f"{one}.png,{two}.png,1.00,1 0 0 0 1 0\n" for one, two in pairs))
            with mock.patch.object(tiles, "COPIES", copies):
                parts = {image.removesuffix(".png"): part for image, part in tiles.parts_of(folder).items()}
        self.assertEqual({image for image in order if parts[image] == "gap"}, {test[0], test[1], val[1], test[3], train[4]})
        self.assertEqual([parts[image] for image in (train[0], train[1], train[2], val[0], test[2])], ["train", "train", "train", "val", "test"])

    def test_a_fold_tests_tiles_that_nothing_learned_from_shares_pixels_or_a_group_with(self):
        pairs, grouped = [("1", "2"), ("2", "3"), ("4", "5")], {"7": "6"}
        with tempfile.TemporaryDirectory() as name:
            folder = Path(name)
            (folder / "images").mkdir()
            for number in range(12):
                Image.fromarray(np.full((8, 8), 255, np.uint8) if number == 11 else np.arange(64, dtype=np.uint8).reshape(8, 8)).save(folder / "images" / f"{number}.png")
            (folder / "boxes.csv").write_text("image,label,x0,y0,x1,y1,group\n" + "".join(f"{n}.png,live,1,1,5,5,{grouped.get(str(n), n)}\n" for n in range(12)))
            copies = folder / "copies.csv"
            copies.write_text("image,copy,grain,matrix\n" + "".join(f"{one}.png,{two}.png,1.00,1 0 0 0 1 0\n" for one, two in pairs))
            with mock.patch.object(tiles, "COPIES", copies):
                parts = {fold: {image.removesuffix(".png"): part for image, part in tiles.parts_without(folder, fold).items()} for fold in tiles.FOLDS}
        for number in map(str, range(12)):
            found = sorted(parts[fold][number] for fold in tiles.FOLDS)
            self.assertEqual(found, ["gap"] * 3 if number == "11" else ["gap", "train", "train"] if number in "235" else ["train", "train", "val"], number)
        for one, two in [*pairs, ("6", "7")]:
            for fold in tiles.FOLDS:
                self.assertEqual(parts[fold][one] == "train", parts[fold][two] == "train")

    def test_the_shipped_list_names_tiles_of_the_data_set(self):
        if not SHARED.exists():
            raise skip(f"{SHARED} is missing")
        pairs = tiles.read_copies()
        self.assertGreater(len(pairs), 100)
        images = {file.name for file in (SHARED / "images").iterdir()}
        self.assertLessEqual({image for first, second, _ in pairs for image in (first, second)}, images)
        parts = tiles.parts_of(SHARED)
        self.assertEqual(set(parts), images)
        for first, second, _ in pairs:
            self.assertNotIn({parts[first], parts[second]}, [{"train", "val"}, {"train", "test"}, {"val", "test"}])


class Folds(unittest.TestCase):
    def test_right_answers_are_counted_by_type_and_ranked(self):
        try:
            import measure_folds
        except ImportError as error:
            raise skip(f"{error}: what is measured by folds is not tested")
        # Of the pairs of a dead and a live cell three of four are ranked rightly: 3 and 1 above -1, 3 above 2.
        found = measure_folds.describe(np.array([0, 0, 1, 1]), np.array([-1.0, 2.0, 3.0, 1.0]))
        self.assertEqual([found[name]["count"] for name in ("all", "live", "dead")], [3, 1, 2])
        self.assertEqual([found[name]["of"] for name in ("all", "live", "dead")], [4, 2, 2])
        self.assertEqual((found["balanced_accuracy"], found["auc"]), (0.75, 0.75))


class Copies(unittest.TestCase):
    def setUp(self):
        try:
            import find_copies
        except ImportError as error:
            raise skip(f"{error}: the search for copies is not tested")
        self.find_copies = find_copies

    def field(self, seed: int, grain: int = 0) -> np.ndarray:
        """160×160 uint8: soft blobs at random places; seeds of the scene and of its noise."""
        rng = np.random.default_rng(seed)
        y, x = np.mgrid[:160, :160]
        light = 110 + sum(rng.uniform(-60, 90) * np.exp(-((x - cx) ** 2 + (y - cy) ** 2) / (2 * s**2))
                          for cx, cy, s in zip(*rng.uniform(0, 160, (2, 40)), rng.uniform(2, 6, 40)))
        return np.clip(light + np.random.default_rng([seed, grain]).normal(0, 3, light.shape), 0, 255).astype(np.uint8)

    def test_copies_are_found_with_the_way_between_them_and_like_images_are_not(self):
        field = self.field(1)
        again = np.clip(field.astype(int) + np.random.default_rng(9).normal(0, 5, field.shape), 0, 255).astype(np.uint8)
        images = {
            "a": field[:, :120], "b": field[20:, 30:], "c": field[:, :120][:, ::-1], "d": np.clip(field[:, :120][::-1, ::-1] * 0.8 + 30, 0, 255).astype(np.uint8),
            "e": self.field(2)[:, :120],
        }
        with tempfile.TemporaryDirectory() as name:
            for image, pixels in images.items():
                Image.fromarray(np.ascontiguousarray(pixels)).save(Path(name) / f"{image}.png")
            out = Path(name) / "copies.csv"
            with mock.patch.object(sys, "argv", ["find_copies.py", "--images", name, "--out", str(out)]), mock.patch("builtins.print"):
                self.find_copies.main()
            with open(out) as file:
                rows = {(row["image"][0], row["copy"][0]): row for row in csv.DictReader(file)}
        self.assertEqual(set(rows), {("a", "b"), ("a", "c"), ("a", "d"), ("b", "c"), ("b", "d"), ("c", "d")})
        matrices = {pair: np.array(row["matrix"].split(), float).reshape(2, 3).round(2).tolist() for pair, row in rows.items()}
        self.assertEqual(matrices["a", "b"], [[1, 0, -30], [0, 1, -20]])
        self.assertEqual(matrices["a", "c"], [[-1, 0, 119], [0, 1, 0]])
        self.assertEqual(matrices["a", "d"], [[-1, 0, 119], [0, -1, 159]])
        self.assertGreater(min(float(row["grain"]) for row in rows.values()), 0.9)
        everywhere = np.ones_like(field, bool)
        # The same scene photographed again has other grain.
        self.assertLess(self.find_copies.alike_grain(field, self.field(1, grain=1), everywhere), 0.2)
        self.assertLess(self.find_copies.alike_grain(self.field(1), self.field(2), everywhere), 0.2)
        self.assertGreater(self.find_copies.alike_grain(field, field, everywhere), 0.99)
        self.assertLess(self.find_copies.alike_grain(field, again, everywhere), self.find_copies.alike_grain(field, field, everywhere))


if __name__ == "__main__":
    unittest.main()
