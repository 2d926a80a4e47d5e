"""What the reader of NDPI makes of slides, also of more than 4 GB, equals what tifffile and OpenSlide do: pixels to one level, sizes and pixel sizes."""

import json
import subprocess
import sys
import tempfile
import unittest
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))
try:
    import numpy as np
    import tifffile
    from ndpi_writer import jpeg_with_parts, size_of, write_ndpi
    from test_formats_tiff import program, read
except ImportError as error:
    reason = f"{error}: NDPI is not compared with tifffile"
    print(f"SKIPPED {Path(__file__).name}: {reason}", file=sys.stderr)
    raise unittest.SkipTest(reason)

GIB = 1 << 30


class Ndpi(unittest.TestCase):
    def setUp(self):
        program()
        self.folder = tempfile.TemporaryDirectory()
        self.addCleanup(self.folder.cleanup)
        self.file = Path(self.folder.name) / "a.ndpi"
        random = np.random.default_rng(3)
        y, x = np.mgrid[0:96, 0:256]
        self.pixels = np.stack([(x + y) % 256, 2 * y + random.integers(0, 9, y.shape), 255 - x * 200 // 256], -1).astype(np.uint8)

    def slide(self, **options) -> list[np.ndarray]:
        """Writes a slide of two levels and an overview, and gives its levels as they were."""
        subsampling = options.pop("subsampling", 0)
        levels = []
        for step, blocks, lens in ((1, 4, 40.0), (2, 4 if subsampling == 0 else 8, 20.0), (3, 1, -1.0)):
            pixels = np.ascontiguousarray(self.pixels[::step, ::step][: 96 // step // 16 * 16, : 256 // step // 64 * 64])
            jpeg, starts = jpeg_with_parts(pixels, blocks, subsampling)
            levels.append({"width": pixels.shape[1], "height": pixels.shape[0], "jpeg": jpeg, "starts": starts, "lens": lens, "pixels": pixels})
        write_ndpi(self.file, levels, **options)
        return [level["pixels"] for level in levels if level["lens"] > 0]

    def equals_tifffile(self, levels: list[np.ndarray], subsampling: int = 0) -> None:
        said, planes = read(self.file)
        with tifffile.TiffFile(self.file) as theirs:
            self.assertTrue(theirs.is_ndpi)
            self.assertEqual(said["series"][0]["levels"], [[level.shape[1], level.shape[0]] for level in levels])
            self.assertAlmostEqual(said["series"][0]["um"][0], 0.25)
            for number, level in enumerate(levels):
                ours = planes[0, 0, 0, 0, number].astype(int)
                inside = [y for y in range(ours.shape[0]) if subsampling < 2 or 0 < y % 16 < 15]
                inside_x = [x for x in range(ours.shape[1]) if subsampling == 0 or 0 < x % 64 < 63]
                away = np.abs(ours - theirs.pages[number].asarray().astype(int))
                # Of halved colours it takes those beyond a restart marker into account, which OpenSlide does not, nor do we.
                self.assertLessEqual(int(away[inside][:, inside_x].max()), 1)
                self.assertLessEqual(float(np.abs(ours - level.astype(int)).mean()), 6)

    def test_levels_of_small_slides(self):
        for subsampling in (0, 1, 2):
            with self.subTest(subsampling=subsampling):
                self.equals_tifffile(self.slide(subsampling=subsampling), subsampling)

    def test_more_than_four_gigabytes(self):
        for gap in (3 * GIB, 5 * GIB, 11 * GIB):
            with self.subTest(gap=gap):
                self.equals_tifffile(self.slide(gap=gap, texts={270: "from beyond", 306: "2026:01:02 03:04:05"}))
                said, _ = read(self.file)
                self.assertIn(["TIFF", "ImageDescription", "from beyond", "text"], said["tags"])
                self.assertIn(["TIFF", "Overview", "a picture of 64 × 32 px, not read; it may show more than the image", "text"], said["tags"])

    def test_without_the_list_of_restart_markers(self):
        self.equals_tifffile(self.slide(listed=True))
        listed = read(self.file)[1]
        self.slide(listed=False, gap=5 * GIB)
        for key, plane in read(self.file)[1].items():
            np.testing.assert_array_equal(plane, listed[key])

    def test_as_openslide_reads_them(self):
        try:
            import openslide
        except (ImportError, OSError) as error:
            self.skipTest(f"{error}: slides are not compared with OpenSlide")
        # It stumbles over colours halved in both directions, which no scanner writes.
        for gap, subsampling in ((0, 0), (0, 1), (5 * GIB, 0), (5 * GIB, 1)):
            self.slide(gap=gap, subsampling=subsampling)
            _, planes = read(self.file)
            slide = openslide.OpenSlide(self.file)
            # It has more: those that libjpeg makes smaller.
            for level, ours in ((key[4], plane) for key, plane in planes.items()):
                size = (ours.shape[1], ours.shape[0])
                theirs = slide.level_dimensions.index(size)
                wanted = np.asarray(slide.read_region((0, 0), theirs, size).convert("RGB")).astype(int)
                self.assertLessEqual(int(np.abs(ours.astype(int) - wanted).max()), 0 if level == 0 else 1)

    def test_a_region_of_a_level_of_a_hundred_thousand_pixels(self):
        # Parts of one JPEG again and again: all have its tables, and none depends on another.
        jpeg, starts = jpeg_with_parts(np.ascontiguousarray(self.pixels[:8]), 32)
        self.assertEqual(len(starts), 1)
        header, part = jpeg[: starts[0]], jpeg[starts[0] : -2]
        across, down = 400, 2500
        segment = [part + bytes([0xFF, 0xD0 + i]) for i in range(8)]
        count = across * down
        data = header + b"".join(segment) * (count // 8)
        data = data[:-1] + b"\xd9"
        width, height = across * 256, down * 8
        level = {"width": width, "height": height, "jpeg": size_of(data, width, height), "starts": [len(header) + i * len(segment[0]) for i in range(count)], "lens": 40.0}
        write_ndpi(self.file, [level], gap=5 * GIB)
        region = (100 * 256 + 40, 12_000, 600, 500)
        with tempfile.TemporaryDirectory() as folder:
            said = json.loads(subprocess.run([program(), self.file, folder, ",".join(map(str, region))], check=True, capture_output=True, text=True).stdout)
            self.assertEqual(said["series"][0]["levels"], [[width, height]])
            ours = np.fromfile(Path(folder) / "0_0_0_0_0.raw", np.uint8).reshape(500, 600, 3)
        tile = np.tile(self.decoded(jpeg), (64, 4, 1))
        np.testing.assert_array_equal(ours, tile[:500, 40:640])
        self.assertLess(said["bytes_read"], len(data) // 2)
        print(f"NDPI: a region of {width:,} × {height:,} px took {said['bytes_read']:,} of {self.file.stat().st_size:,} bytes", file=sys.stderr)

    @staticmethod
    def decoded(jpeg: bytes) -> np.ndarray:
        import io

        from PIL import Image

        return np.asarray(Image.open(io.BytesIO(jpeg)))


if __name__ == "__main__":
    unittest.main()
