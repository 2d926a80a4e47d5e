"""What the further readers make of TIFF equals what tifffile and OpenSlide do: samples to the last bit, lossy ones to one level, dimensions and pixel sizes."""

import itertools
import json
import subprocess
import sys
import tempfile
import unittest
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
PROGRAMS = [ROOT / "build" / preset / "tests" / "formats" / "dump_image_file" for preset in ("release", "fuzz", "dev")]
CASES = ROOT.parent / "shared" / "cases"

try:
    import imagecodecs
    import numpy as np
    import tifffile
except ImportError as error:
    reason = f"{error}: TIFF is not compared with tifffile"
    print(f"SKIPPED {Path(__file__).name}: {reason}", file=sys.stderr)
    raise unittest.SkipTest(reason)

LOSSLESS = [None, "lzw", "zlib", "packbits", "zstd", "lzma"]


def program() -> Path:
    found = next((one for one in PROGRAMS if one.exists()), None)
    if found is None:
        print(f"SKIPPED {Path(__file__).name}: dump_image_file is not built", file=sys.stderr)
        raise unittest.SkipTest("dump_image_file is not built")
    return found


def read(file: Path) -> tuple[dict, dict[tuple[int, ...], np.ndarray]]:
    """What the file is, and its planes by (series, channel, z, t, level)."""
    with tempfile.TemporaryDirectory() as folder:
        said = json.loads(subprocess.run([program(), file, folder], check=True, capture_output=True, text=True).stdout)
        planes = {}
        for path in Path(folder).glob("*.raw"):
            key = tuple(int(number) for number in path.stem.split("_"))
            series = said["series"][key[0]]
            width, height = series["levels"][key[4]]
            shape = (height, width) if series["samples"] == 1 else (height, width, 3)
            planes[key] = np.fromfile(path, series["type"]).reshape(shape)
    return said, planes


class Tiff(unittest.TestCase):
    def setUp(self):
        program()
        self.folder = tempfile.TemporaryDirectory()
        self.addCleanup(self.folder.cleanup)
        self.file = Path(self.folder.name) / "a.tif"
        self.random = np.random.default_rng(1)

    def picture(self, *shape: int, dtype: type = np.uint8) -> np.ndarray:
        rows = np.linspace(0, 200, shape[-2] if shape[-1] != 3 else shape[-3])
        noise = self.random.integers(0, 40, shape)
        smooth = rows[:, None, None] if shape[-1] == 3 else rows[:, None]
        values = smooth + noise
        return (values / 255).astype(dtype) if np.dtype(dtype).kind == "f" else (values * (np.iinfo(dtype).max // 255)).astype(dtype)

    def test_samples_of_every_kind_and_compression(self):
        count = 0
        for dtype, compression, tile, colours, order in itertools.product([np.uint8, np.uint16, np.float32], LOSSLESS, [None, (32, 48)], [False, True], "<>"):
            for predictor in [False, True] if compression in ("lzw", "zlib", "zstd", "lzma") else [False]:
                data = self.picture(*((70, 90, 3) if colours else (70, 90)), dtype=dtype)
                with self.subTest(dtype=dtype, compression=compression, tile=tile, colours=colours, order=order, predictor=predictor):
                    tifffile.imwrite(self.file, data, compression=compression, tile=tile, byteorder=order, photometric="rgb" if colours else "minisblack", predictor=predictor, metadata=None)
                    _, planes = read(self.file)
                    np.testing.assert_array_equal(planes[0, 0, 0, 0, 0], data)
                    count += 1
        print(f"TIFF: {count} files of every kind equal tifffile's", file=sys.stderr)

    def test_lossless_and_lossy_codecs_of_scanners(self):
        for colours in (False, True):
            for bits in (np.uint8, np.uint16):
                data = self.picture(*((64, 96, 3) if colours else (64, 96)), dtype=bits)
                tifffile.imwrite(self.file, data, compression="jpeg2000", tile=(32, 48), photometric="rgb" if colours else "minisblack", metadata=None)
                np.testing.assert_array_equal(read(self.file)[1][0, 0, 0, 0, 0], tifffile.imread(self.file))
        data = self.picture(64, 96, 3)
        tifffile.imwrite(self.file, data, compression="webp", tile=(32, 48), photometric="rgb", metadata=None)
        np.testing.assert_array_equal(read(self.file)[1][0, 0, 0, 0, 0], tifffile.imread(self.file))

    def test_lerc_with_every_compression_behind_it(self):
        count = 0
        for dtype, behind, tile, colours, most in itertools.product([np.uint8, np.uint16, np.float32], [None, "zstd", "deflate"], [None, (32, 48)], [False, True], [0, 0.5]):
            data = self.picture(*((70, 90, 3) if colours else (70, 90)), dtype=dtype)
            with self.subTest(dtype=dtype, behind=behind, tile=tile, colours=colours, most=most):
                tifffile.imwrite(self.file, data, compression="lerc", compressionargs={"level": most, **({"compression": behind} if behind else {})}, tile=tile, photometric="rgb" if colours else "minisblack", metadata=None)
                np.testing.assert_array_equal(read(self.file)[1][0, 0, 0, 0, 0], tifffile.imread(self.file))
                count += 1
        print(f"LERC: {count} files equal tifffile's", file=sys.stderr)

    def test_jpeg_xl_as_pictures_and_in_tiff(self):
        count = 0
        for dtype, colours, lossless in itertools.product([np.uint8, np.uint16], [1, 3, 4], [True, False]):
            data = self.picture(70, 90, 3, dtype=dtype)[..., [0, 1, 2, 0][:colours]]
            grey = data[..., 0] if colours == 1 else data
            for container, tile in ((False, None), (True, (32, 48))):
                with self.subTest(dtype=dtype, colours=colours, lossless=lossless, container=container):
                    picture = self.file.with_suffix(".jxl")
                    picture.write_bytes(imagecodecs.jpegxl_encode(grey, usecontainer=container, **({"lossless": True} if lossless else {"distance": 1.0})))
                    tifffile.imwrite(self.file, grey, compression="jpegxl", compressionargs={"lossless": True} if lossless else {"distance": 1.0}, tile=tile,
                                     photometric="minisblack" if colours == 1 else "rgb", extrasamples=["unassalpha"] if colours == 4 else None, metadata=None)
                    for file, theirs in ((picture, imagecodecs.jpegxl_decode(picture.read_bytes())), (self.file, tifffile.imread(self.file))):
                        wanted, full = theirs.astype(np.int64), np.iinfo(dtype).max
                        if colours == 4:
                            wanted = (wanted[..., :3] * wanted[..., 3:] + full * (full - wanted[..., 3:]) + full // 2) // full
                        ours = read(file)[1][0, 0, 0, 0, 0].astype(np.int64)
                        self.assertLessEqual(int(np.abs(ours - wanted.reshape(ours.shape)).max()), 0 if lossless else 1)
                        count += 1
        print(f"JPEG XL: {count} pictures equal libjxl's newest", file=sys.stderr)

    def test_dimensions_of_ome(self):
        data = self.picture(2, 3, 4, 30, 40, dtype=np.uint16)
        for axes in ("TCZYX", "TZCYX", "ZTCYX"):
            tifffile.imwrite(self.file, data, ome=True, metadata={"axes": axes, "PhysicalSizeX": 0.2, "PhysicalSizeXUnit": "µm", "Channel": {"Name": [f"channel {i}" for i in range(data.shape[axes.index("C")])]}})
            said, planes = read(self.file)
            series = said["series"][0]
            self.assertEqual((series["z"], series["t"], len(series["channels"])), tuple(data.shape[axes.index(axis)] for axis in "ZTC"))
            self.assertAlmostEqual(series["um"][0], 0.2)
            self.assertEqual(series["channels"][1]["name"], "channel 1")
            for (_, c, z, t, _), plane in planes.items():
                at = tuple({"C": c, "Z": z, "T": t}[axis] for axis in axes[:3])
                np.testing.assert_array_equal(plane, data[at])

    def test_several_images_of_ome(self):
        one, two = self.picture(3, 20, 30), self.picture(2, 40, 50, dtype=np.uint16)
        with tifffile.TiffWriter(self.file, ome=True) as writer:
            writer.write(one, metadata={"axes": "ZYX", "Name": "first"})
            writer.write(two, metadata={"axes": "CYX", "Name": "second"})
        said, planes = read(self.file)
        self.assertEqual([series["name"] for series in said["series"]], ["first", "second"])
        for z in range(3):
            np.testing.assert_array_equal(planes[0, 0, z, 0, 0], one[z])
        for c in range(2):
            np.testing.assert_array_equal(planes[1, c, 0, 0, 0], two[c])

    def test_levels_below_each_plane(self):
        data = self.picture(2, 256, 320)
        with tifffile.TiffWriter(self.file, ome=True) as writer:
            writer.write(data, subifds=2, tile=(64, 64), metadata={"axes": "CYX"})
            writer.write(data[:, ::2, ::2], subfiletype=1, tile=(64, 64))
            writer.write(data[:, ::4, ::4], subfiletype=1, tile=(64, 64))
        said, planes = read(self.file)
        self.assertEqual(said["series"][0]["levels"], [[320, 256], [160, 128], [80, 64]])
        for (_, c, _, _, level), plane in planes.items():
            step = 2**level
            np.testing.assert_array_equal(plane, data[c, ::step, ::step])

    def test_hyperstacks_of_imagej(self):
        for contiguous in (False, True):
            data = self.picture(2, 3, 2, 30, 40, dtype=np.uint16)
            tifffile.imwrite(self.file, data, imagej=True, resolution=(4.0, 4.0), metadata={"axes": "TZCYX", "unit": "um", "spacing": 0.7}, **({} if contiguous else {"compression": "zlib"}))
            said, planes = read(self.file)
            series = said["series"][0]
            self.assertEqual((series["z"], series["t"], len(series["channels"])), (3, 2, 2))
            self.assertAlmostEqual(series["um"][0], 0.25)
            self.assertAlmostEqual(series["um"][2], 0.7)
            for (_, c, z, t, _), plane in planes.items():
                np.testing.assert_array_equal(plane, data[t, z, c])

    def test_slides_as_openslide_reads_them(self):
        try:
            import openslide
        except (ImportError, OSError) as error:
            self.skipTest(f"{error}: slides are not compared with OpenSlide")
        files = [CASES / "slide-aperio.svs"] if CASES.exists() else []
        data = self.picture(512, 640, 3)
        with tifffile.TiffWriter(self.file) as writer:
            for step in (1, 2, 4):
                writer.write(data[::step, ::step], tile=(64, 64), photometric="rgb", subfiletype=int(step > 1), metadata=None, resolution=(40000, 40000), resolutionunit="CENTIMETER")
        for file in [self.file, *files]:
            said, planes = read(file)
            slide = openslide.OpenSlide(file)
            self.assertEqual([tuple(level) for level in said["series"][0]["levels"]], list(slide.level_dimensions))
            if openslide.PROPERTY_NAME_MPP_X in slide.properties:
                self.assertAlmostEqual(said["series"][0]["um"][0], float(slide.properties[openslide.PROPERTY_NAME_MPP_X]), places=6)
            for level, size in enumerate(slide.level_dimensions):
                wanted = np.asarray(slide.read_region((0, 0), level, size).convert("RGB"))
                # Aperio's are JPEG, whose colours OpenSlide turns by itself.
                self.assertLessEqual(int(np.abs(planes[0, 0, 0, 0, level].astype(int) - wanted.astype(int)).max()), 1)


if __name__ == "__main__":
    unittest.main()
