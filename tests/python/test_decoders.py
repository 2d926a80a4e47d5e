"""The core's pixels of JPEG equal Pillow's, and its samples of TIFF those that libtiff itself gives, on the test corpora and the training images."""

import ctypes
import ctypes.util
import json
import shutil
import subprocess
import sys
import tempfile
import unittest
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
SHARED = ROOT.parent / "shared"
# tests/corpora/corpora.test.ts unpacks them.
UNPACKED = ROOT / "build" / "corpora"
PROGRAM = ROOT / "build" / "wasm" / "tests" / "corpora" / "decode_files.cjs"

try:
    import numpy as np
    from PIL import Image, ImageOps
except ImportError as error:
    reason = f"{error}: the decoded pixels are not compared with Pillow's"
    print(f"SKIPPED {Path(__file__).name}: {reason}", file=sys.stderr)
    raise unittest.SkipTest(reason)

TYPES = {"uint8": np.uint8, "uint16": np.uint16, "float32": np.float32}
GREY_WHITE_IS_ZERO, GREY, RGB = 0, 1, 2


def skip_without(test: unittest.TestCase, needed: Path) -> None:
    if not needed.exists():
        print(f"SKIPPED: {needed} is missing, decoded pixels are not compared", file=sys.stderr)
        test.skipTest(f"{needed} is missing")


def decode(files: list[Path]) -> dict[Path, tuple[bool, np.ndarray]]:
    """Decode files with the core as WebAssembly.

    Returns: for each file that was read whether it counts as damaged, and its pixels, H×W×C.
    """
    installed = ROOT / "node_modules" / ".bin" / "node"
    node = str(installed) if installed.exists() else shutil.which("node")
    with tempfile.TemporaryDirectory() as folder:
        lines = subprocess.run([node, str(PROGRAM), "0", folder], input="\n".join(map(str, files)), capture_output=True, text=True, check=True).stdout.splitlines()
        decoded = {}
        for number, (file, line) in enumerate(zip(files, lines, strict=True)):
            verdict, path, *facts = line.split("\t")
            assert path == str(file)
            if verdict == "read":
                _, width, height, channels, kind, _, _, damaged, _ = facts
                samples = np.fromfile(Path(folder) / f"{number}.raw", TYPES[kind])
                decoded[file] = damaged == "1", samples.reshape(int(height), int(width), int(channels))
        return decoded


class Jpeg(unittest.TestCase):
    def test_pixels_equal_those_of_pillow(self):
        for needed in (PROGRAM, UNPACKED, SHARED / "data" / "blood-smear"):
            skip_without(self, needed)
        corpus = sorted(file for file in UNPACKED.rglob("*") if file.suffix.lower() in (".jpg", ".jpeg"))
        smears = sorted((SHARED / "data" / "blood-smear").rglob("*.jpg"))[::50]
        compared = {"corpus": 0, "smears": 0}
        for file, (damaged, pixels) in decode(corpus + smears).items():
            if damaged:
                continue  # what stands in for missing data is each version's own
            with self.subTest(file=file.name), Image.open(file) as stored:
                upright = ImageOps.exif_transpose(stored)
                np.testing.assert_array_equal(pixels, np.asarray(upright).reshape(pixels.shape))
            compared["smears" if file in smears else "corpus"] += 1
        print(f"JPEG: {compared} files equal Pillow's pixels", file=sys.stderr)
        self.assertGreaterEqual(compared["corpus"], 40)
        self.assertGreaterEqual(sum(compared.values()), 120)


class Libtiff:
    """The system's libtiff: another build, and other functions than the core uses."""

    TAGS = {"width": (256, ctypes.c_uint32), "height": (257, ctypes.c_uint32), "bits": (258, ctypes.c_uint16), "photometric": (262, ctypes.c_uint16),
            "orientation": (274, ctypes.c_uint16), "samples": (277, ctypes.c_uint16), "planar": (284, ctypes.c_uint16), "format": (339, ctypes.c_uint16),
            "tile_width": (322, ctypes.c_uint32), "tile_height": (323, ctypes.c_uint32)}

    def __init__(self):
        name = ctypes.util.find_library("tiff")
        if not name:
            raise OSError("there is no libtiff")
        self.lib = ctypes.CDLL(name)
        self.lib.TIFFOpen.restype = ctypes.c_void_p
        for function in ("TIFFReadEncodedStrip", "TIFFReadEncodedTile", "TIFFStripSize", "TIFFTileSize"):
            getattr(self.lib, function).restype = ctypes.c_ssize_t
        for handler in (self.lib.TIFFSetErrorHandler, self.lib.TIFFSetWarningHandler):
            handler.argtypes = [ctypes.c_void_p]
            handler(None)

    def read(self, file: Path) -> tuple[dict, np.ndarray] | None:
        """Samples of the first page, H×W×S as stored; None where they are not whole bytes, or of colours that this test does not follow."""
        handle = self.lib.TIFFOpen(str(file).encode(), b"r")
        if not handle:
            return None
        tiff = ctypes.c_void_p(handle)
        try:
            tags = {}
            for name, (tag, kind) in self.TAGS.items():
                value = kind()
                tags[name] = value.value if self.lib.TIFFGetFieldDefaulted(tiff, tag, ctypes.byref(value)) else 0
            count, extra = ctypes.c_uint16(), ctypes.POINTER(ctypes.c_uint16)()
            found = self.lib.TIFFGetFieldDefaulted(tiff, 338, ctypes.byref(count), ctypes.byref(extra))
            tags["alpha"] = bool(found and count.value and set(extra[:count.value]) & {1, 2})
            letter = {1: "u", 2: "i", 3: "f", 4: "u"}.get(tags["format"])
            if tags["bits"] not in (8, 16, 32, 64) or tags["photometric"] not in (GREY_WHITE_IS_ZERO, GREY, RGB) or letter is None:
                return None
            kind = np.dtype(f"{letter}{tags['bits'] // 8}")
            planes = tags["samples"] if tags["planar"] == 2 else 1
            shape = (tags["height"], tags["width"], tags["samples"] // planes)
            image = np.zeros((planes, *shape), kind)
            if self.lib.TIFFIsTiled(tiff):
                self.tiles(tiff, tags, image)
            else:
                self.strips(tiff, image)
            return tags, np.concatenate(list(image), axis=2)
        finally:
            self.lib.TIFFClose(tiff)

    def strips(self, tiff, image: np.ndarray) -> None:
        buffer = ctypes.create_string_buffer(self.lib.TIFFStripSize(tiff))
        count = self.lib.TIFFNumberOfStrips(tiff)
        data = [b"" for _ in image]
        for strip in range(count):
            size = self.lib.TIFFReadEncodedStrip(tiff, strip, buffer, ctypes.c_ssize_t(-1))
            if size < 0:
                raise OSError("libtiff cannot read it")
            data[strip * len(image) // count] += buffer.raw[:size]
        for plane, stored in zip(image, data, strict=True):
            plane[:] = np.frombuffer(stored, image.dtype, plane.size).reshape(plane.shape)

    def tiles(self, tiff, tags: dict, image: np.ndarray) -> None:
        width, height = tags["tile_width"], tags["tile_height"]
        buffer = ctypes.create_string_buffer(self.lib.TIFFTileSize(tiff))
        tile = 0
        for plane in image:
            for top in range(0, plane.shape[0], height):
                for left in range(0, plane.shape[1], width):
                    if self.lib.TIFFReadEncodedTile(tiff, tile, buffer, ctypes.c_ssize_t(-1)) < 0:
                        raise OSError("libtiff cannot read it")
                    part = plane[top:top + height, left:left + width]
                    samples = np.frombuffer(buffer.raw, image.dtype, width * height * plane.shape[2]).reshape(height, width, -1)
                    part[:] = samples[:part.shape[0], :part.shape[1]]
                    tile += 1


def by_the_rule(tags: dict, stored: np.ndarray) -> np.ndarray:
    """What src/core/decode/tiff.h says becomes of samples without alpha, in numpy."""
    bits, kind = tags["bits"], stored.dtype.kind
    if kind == "f":
        image = stored.astype(np.float32)
        image[~(np.abs(image) <= 1e30)] = 0
    else:
        unsigned = stored.view(f"u{bits // 8}") ^ stored.dtype.type(0).view(f"u{bits // 8}") if kind == "u" else stored.view(f"u{bits // 8}") ^ np.array(1 << bits - 1, f"u{bits // 8}")
        image = (unsigned / np.float64(2**32 - 1)).astype(np.float32) if bits == 32 else unsigned
    colours = 3 if tags["photometric"] == RGB else 1
    image = image[..., :colours]
    if tags["photometric"] == GREY_WHITE_IS_ZERO:
        image = (np.float32(1) if image.dtype == np.float32 else np.iinfo(image.dtype).max) - image
    return image


class Tiff(unittest.TestCase):
    def test_samples_equal_those_of_libtiff(self):
        for needed in (PROGRAM, UNPACKED):
            skip_without(self, needed)
        try:
            libtiff = Libtiff()
        except OSError as error:
            print(f"SKIPPED: {error}, samples of TIFF are not compared", file=sys.stderr)
            self.skipTest(str(error))
        manifest = [json.loads(line) for line in (SHARED / "corpora" / "manifest.jsonl").read_text().splitlines()]
        clean = [UNPACKED / entry["path"] for entry in manifest if entry.get("libtiff", {}).get("raw") == 1 and entry["libtiff"].get("errs") == 0]
        synthetic = sorted((SHARED / "corpora" / "synthetic").glob("ok_*.tif"))
        compared = 0
        for file, (_, image) in decode(clean + synthetic).items():
            answer = libtiff.read(file)
            if answer is None:
                continue
            tags, stored = answer
            if tags["orientation"] > 1 or tags["alpha"]:
                continue
            with self.subTest(file=file.name):
                np.testing.assert_array_equal(image, by_the_rule(tags, stored))
            compared += 1
        print(f"TIFF: the samples of {compared} files equal libtiff's", file=sys.stderr)
        self.assertGreaterEqual(compared, 100)


if __name__ == "__main__":
    unittest.main()
