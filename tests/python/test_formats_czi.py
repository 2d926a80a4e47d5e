"""Pixels, sizes and names that the reader of Zeiss CZI gives equal those of czifile, on files of every branch that the tests' writer makes."""

import json
import subprocess
import sys
import tempfile
import unittest
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
BUILT = next((folder for folder in (ROOT / "build" / name / "tests" / "formats" for name in ("release", "dev", "fuzz")) if (folder / "dump_image_file").exists()), None)

try:
    import czifile
    import imagecodecs
    import numpy as np
except ImportError as error:
    reason = f"{error}: the pixels of CZI files are not compared with czifile's"
    print(f"SKIPPED {Path(__file__).name}: {reason}", file=sys.stderr)
    raise unittest.SkipTest(reason)

TYPES = {"uint8": np.uint8, "uint16": np.uint16, "float32": np.float32}
JPEG, JPEG_XR, ZSTD0, ZSTD1 = 1, 4, 5, 6


def stored_pixels(block) -> np.ndarray:
    """One block's stored pixels, H×W×S as RGB; czifile 2019 knows no Zstandard, whose bytes are unpacked here."""
    entry = block.directory_entry
    if entry.compression not in (ZSTD0, ZSTD1):
        pixels = block.data(resize=False)
    else:
        raw, halves = block.data(raw=True), False
        if entry.compression == ZSTD1:
            halves = raw[0] == 3 and raw[2] & 1 == 1
            raw = raw[raw[0]:]
        raw = imagecodecs.zstd_decode(raw)
        if halves:
            raw = np.frombuffer(raw, np.uint8).reshape(2, -1).T.tobytes()
        pixels = np.frombuffer(raw, np.dtype(entry.dtype)).reshape(entry.stored_shape)
        if pixels.shape[-1] in (3, 4):
            pixels = pixels[..., [2, 1, 0, 3][:pixels.shape[-1]]]
    return pixels.reshape(pixels.shape[-3:])


def on_white(pixels: np.ndarray) -> np.ndarray:
    """As src/core/decode/decode.h says."""
    if pixels.shape[-1] != 4:
        return pixels
    wide = pixels.astype(np.uint32)
    colour, alpha = wide[..., :3], wide[..., 3:]
    return ((colour * alpha + 255 * (255 - alpha) + 127) // 255).astype(np.uint8)


def expected(file) -> dict[tuple, dict]:
    """The planes of a file, put together from czifile's blocks: (scene, samples, type) → (c, z, t, zoom) → H×W×S."""
    blocks = []
    for entry in file.subblock_directory:
        at = {dimension.dimension: dimension for dimension in entry.dimension_entries}
        start = {name: dimension.start for name, dimension in at.items()}
        zoom = at["X"].size // at["X"].stored_size
        blocks.append((start, at, zoom, on_white(stored_pixels(entry.data_segment()))))
    first = {name: min(start.get(name, 0) for start, *_ in blocks) for name in "HIRVB"}
    blocks = [block for block in blocks if all(block[0].get(name, 0) == least for name, least in first.items())]
    series = {}
    for start, at, zoom, pixels in blocks:
        series.setdefault((start.get("S", -1), pixels.shape[-1], pixels.dtype.name), []).append((start, at, zoom, pixels))
    result = {}
    for key, own in series.items():
        full = [block for block in own if block[2] == 1]
        left, top = min(start["X"] for start, *_ in full), min(start["Y"] for start, *_ in full)
        right = max(start["X"] + at["X"].size for start, at, *_ in full)
        bottom = max(start["Y"] + at["Y"].size for start, at, *_ in full)
        planes = {}
        # Sorting is stable: of the same M the later in the file lies above.
        for start, _, zoom, pixels in sorted(own, key=lambda block: block[0].get("M", 0)):
            plane = planes.setdefault((start["C"], start["Z"], start["T"], zoom), np.zeros(((bottom - top) // zoom, (right - left) // zoom, key[1]), pixels.dtype))
            y, x = (start["Y"] - top) // zoom, (start["X"] - left) // zoom
            plane[y:y + pixels.shape[0], x:x + pixels.shape[1]] = pixels
        result[key] = planes
    return result


class Czi(unittest.TestCase):
    def test_planes_equal_those_of_czifile(self):
        if BUILT is None:
            print("SKIPPED: dump_image_file is not built, the pixels of CZI files are not compared", file=sys.stderr)
            self.skipTest("dump_image_file is not built")
        with tempfile.TemporaryDirectory() as folder:
            examples = Path(folder) / "files"
            subprocess.run([BUILT / "write_image_files", examples], check=True)
            compared = 0
            for path in sorted(examples.glob("*.czi")):
                with self.subTest(file=path.name):
                    compared += self.compare(path, Path(folder))
        print(f"CZI: {compared} planes equal czifile's", file=sys.stderr)
        self.assertGreaterEqual(compared, 55)

    def compare(self, path: Path, folder: Path) -> int:
        """Returns: how many planes were compared."""
        said = json.loads(subprocess.run([BUILT / "dump_image_file", path, folder], check=True, capture_output=True, text=True).stdout)
        self.assertEqual(said["format"], "Zeiss CZI")
        compared = 0
        with czifile.CziFile(path) as file:
            series = expected(file)
            # Of a JPEG alone may decoders differ.
            lossy = any(entry.compression == JPEG for entry in file.subblock_directory)
            self.assertEqual(len(said["series"]), len(series))
            order = {"uint8": 0, "uint16": 1, "float32": 2}
            for number, key in enumerate(sorted(series, key=lambda key: (key[0], key[1], order[key[2]]))):
                own, planes = said["series"][number], series[key]
                self.assertEqual((own["samples"], own["type"]), key[1:])
                indices = [sorted({plane[i] for plane in planes}) for i in range(4)]
                self.assertEqual([len(own["channels"]), own["z"], own["t"], len(own["levels"])], [len(one) for one in indices])
                for (c, z, t, zoom), plane in planes.items():
                    place = [indices[i].index(index) for i, index in enumerate((c, z, t, zoom))]
                    self.assertEqual(own["levels"][place[3]], [plane.shape[1], plane.shape[0]])
                    read = np.fromfile(folder / f"{number}_{'_'.join(map(str, place))}.raw", TYPES[key[2]]).reshape(plane.shape)
                    if lossy:
                        self.assertLessEqual(np.abs(read.astype(int) - plane.astype(int)).max(), 1)
                    else:
                        np.testing.assert_array_equal(read, plane)
                    compared += 1
            self.compare_metadata(file, said)
        return compared

    def compare_metadata(self, file, said: dict) -> None:
        metadata = file.metadata(raw=False) if file.header.metadata_position else None
        if not metadata:
            return
        document = metadata["ImageDocument"]["Metadata"]
        distances = {one["Id"]: one["Value"] for one in document["Scaling"]["Items"]["Distance"]}
        channels = document["Information"]["Image"]["Dimensions"]["Channels"]["Channel"]
        names = [channel["Name"] for channel in channels]
        for own in said["series"]:
            np.testing.assert_allclose(own["um"], [1e6 * distances[axis] for axis in "XYZ"], rtol=1e-12)
            for channel in own["channels"]:
                self.assertIn(channel["name"], names)
                self.assertAlmostEqual(channel["wavelength_nm"], channels[names.index(channel["name"])]["EmissionWavelength"])


if __name__ == "__main__":
    unittest.main()
