"""Folders of OME-Zarr by zarr-python, as ZIP archives, equal what the core reads of them, to the last bit; what cannot be read of damaged ones is one error."""

import json
import subprocess
import sys
import tempfile
import unittest
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
PROGRAM = ROOT / "build/release/tests/formats/dump_image_file"


def skip_aloud(reason: str) -> unittest.SkipTest:
    print(f"SKIPPED {Path(__file__).name}: {reason}", file=sys.stderr)
    return unittest.SkipTest(reason)


try:
    import numpy as np
    import zarr

    sys.path.insert(0, str(Path(__file__).parent))
    import zarr_examples
except ImportError as error:
    raise skip_aloud(f"{error}: OME-Zarr is not compared with another reader") from error
if not PROGRAM.exists():
    raise skip_aloud(f"{PROGRAM} is missing: OME-Zarr is not compared with another reader")

TYPES = {"uint8": np.uint8, "uint16": np.uint16, "float32": np.float32}


def dump(folder: Path, compressed: bool = False) -> tuple[dict, dict[str, np.ndarray]]:
    """Read a folder with the core.

    Returns: what it says, and the pixels of each series and level as T×Z×C×Y×X×S by "SERIES LEVEL"; the core has no planes of a smaller copy of its own.
    """
    with tempfile.TemporaryDirectory() as out:
        archive = Path(out) / "image.ozx"
        zarr_examples.zip_of(folder, archive, compressed)
        done = subprocess.run([PROGRAM, archive, out], capture_output=True, text=True, check=False)
        if done.returncode != 0:
            raise ValueError(done.stderr)
        said = json.loads(done.stdout)
        pixels = {}
        for number, series in enumerate(said["series"]):
            for level, (width, height) in enumerate(series["levels"]):
                shape = series["t"], series["z"], len(series["channels"]), height, width, series["samples"]
                planes = [np.fromfile(Path(out) / f"{number}_{c}_{z}_{t}_{level}.raw", TYPES[series["type"]])
                          for t in range(shape[0]) for z in range(shape[1]) for c in range(shape[2])]
                pixels[f"{number} {level}"] = np.stack(planes).reshape(shape)
    return said, pixels


def as_read(array: np.ndarray) -> np.ndarray:
    """What becomes of samples, as src/core/decode/tiff.h says."""
    kind, size = array.dtype.kind, array.dtype.itemsize
    array = array.astype(array.dtype.newbyteorder("="))
    if kind == "b":
        return array.astype(np.uint8) * 255
    if kind == "f":
        return array.astype(np.float32)
    unsigned = array.view(f"u{size}") ^ (np.array(1 << (8 * size - 1) if kind == "i" else 0).astype(f"u{size}"))
    return (unsigned / 4294967295.0).astype(np.float32) if size == 4 else unsigned


def expected(folder: Path, path: str, axes: str, colours: bool = False) -> np.ndarray:
    """An array as T×Z×C×Y×X×S."""
    array = as_read(zarr.open_array(folder / path, mode="r")[...])
    order = sorted(range(len(axes)), key=lambda i: "tzcyx".index(axes[i]))
    array = array.transpose(order).reshape([array.shape[axes.index(axis)] if axis in axes else 1 for axis in "tzcyx"])
    return np.moveaxis(array, 2, 4)[:, :, None] if colours else array[..., None]


class Zarr(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.temporary = tempfile.TemporaryDirectory()
        cls.addClassCleanup(cls.temporary.cleanup)
        cls.folder = Path(cls.temporary.name)
        zarr_examples.write_all(cls.folder)

    def assert_equal(self, ours: np.ndarray, theirs: np.ndarray) -> None:
        self.assertEqual(ours.dtype, theirs.dtype)
        np.testing.assert_array_equal(ours, theirs)

    def compare(self, name: str, axes: str, levels: int = 1, series: int = 0, group: str = "", colours: bool = False) -> dict:
        said, pixels = dump(self.folder / name)
        self.assertEqual(len(said["series"][series]["levels"]), levels)
        for level in range(levels):
            self.assert_equal(pixels[f"{series} {level}"], expected(self.folder / name / group, str(level), axes, colours))
        return said

    def test_codings_types_and_shards(self):
        compared = 0
        for folder in sorted(self.folder.glob("v[23]-*")):
            with self.subTest(folder=folder.name):
                shape = zarr.open_array(folder / "0", mode="r").shape
                axes = "czyx" if "shards" in folder.name else "zyx" if "columns" in folder.name or "transposed" in folder.name else "cyx" if len(shape) == 3 else "yx"
                levels = len(list(folder.glob("[0-9]")))
                said = self.compare(folder.name, axes, levels)
                self.assertEqual(said["series"][0]["um"][:2], [0.5, 0.5])
                self.assertFalse(said["damaged"])
                compared += 1
        self.assertGreater(compared, 85)

    def test_what_is_compressed_is_no_copy(self):
        """Blosc keeps what it cannot make smaller: such files would compare nothing."""
        blocks = 0
        for folder in sorted(self.folder.glob("v2-blosc-*")):
            header = (folder / "0/0.0").read_bytes()[:16]
            copied, length, block = header[2] & 2, int.from_bytes(header[4:8], "little"), int.from_bytes(header[8:12], "little")
            self.assertEqual(bool(copied), folder.name == "v2-blosc-copied.zarr", folder.name)
            blocks += length > block and length % block != 0
        self.assertGreaterEqual(blocks, 24)

    def test_axes_and_what_they_say(self):
        said = self.compare("axes-tczyx.zarr", "tczyx", 2)["series"][0]
        self.assertEqual([said["name"], said["t"], said["z"], said["um"], said["bits"]], ["three stains", 2, 4, [0.325, 0.325, 2.0], 8])
        self.assertEqual([channel["name"] for channel in said["channels"]], ["DAPI", "BF", "GFP"])
        self.compare("axes-xy.zarr", "xy")
        self.compare("axes-zcyx.zarr", "zcyx", 2)
        self.compare("axes-tyx.zarr", "tyx", 2)
        self.assertEqual(self.compare("units.zarr", "yx")["series"][0]["um"], [0.65, 0.25, 0])
        self.assertEqual(self.compare("scaled-twice.zarr", "yx")["series"][0]["um"], [1.5, 1.0, 0])
        self.assertEqual(self.compare("version-0.1.zarr", "tczyx", 2)["series"][0]["um"], [0, 0, 0])
        self.compare("version-0.3.zarr", "cyx", 2)

    def test_colours_are_one_picture_and_stains_are_not(self):
        said = self.compare("colours.zarr", "cyx", 2, colours=True)["series"][0]
        self.assertEqual([said["samples"], len(said["channels"])], [3, 1])
        said = self.compare("stains.zarr", "cyx", 2)["series"][0]
        self.assertEqual([channel["name"] for channel in said["channels"]], ["DAPI", "FITC", "Cy5"])

    def test_a_smaller_copy_with_fewer_planes_has_the_nearest(self):
        said, pixels = dump(self.folder / "fewer-planes.zarr")
        self.assertEqual([said["series"][0]["z"], said["series"][0]["levels"]], [4, [[60, 50], [30, 25]]])
        theirs = expected(self.folder / "fewer-planes.zarr", "1", "zyx")
        self.assert_equal(pixels["0 1"], theirs[:, [0, 0, 1, 1]])

    def test_chunks_that_are_not_there(self):
        for name in ("fill.zarr", "fill-float.zarr"):
            self.compare(name, "yx")
        _, pixels = dump(self.folder / "fill.zarr")
        self.assertEqual(pixels["0 0"][0, 0, 0, 0, 32, 0], 0x8000 - 5)

    def test_several_images(self):
        said, pixels = dump(self.folder / "two-pyramids.zarr")
        self.assertEqual([(one["name"], one["um"][0]) for one in said["series"]], [("first", 0.5), ("second", 0.25)])
        self.assert_equal(pixels["1 0"], expected(self.folder / "two-pyramids.zarr", "other", "yx"))
        said, pixels = dump(self.folder / "collection.zarr")
        self.assertEqual([one["name"] for one in said["series"]], ["first", "second"])
        self.assert_equal(pixels["1 0"], expected(self.folder / "collection.zarr/second", "0", "yx"))
        for version in (2, 3):
            said = self.compare(f"series-{version}.zarr", "tczyx", 2, group="0", colours=True)
            self.assertEqual([(one["name"], one["samples"], one["channels"][0]) for one in said["series"]],
                             [("scene 1", 3, {"name": "", "wavelength_nm": 0}), ("scene 2", 1, {"name": "Phase & contrast", "wavelength_nm": 525})])
            self.compare(f"series-{version}.zarr", "tczyx", 2, series=1, group="2" if version == 3 else "1")
            said, pixels = dump(self.folder / f"plate-{version}.zarr")
            names = ["A/1/0", "A/1/1", "B/2/0", "B/2/1"]
            self.assertEqual([one["name"] for one in said["series"]], names)
            for number, name in enumerate(names):
                self.assert_equal(pixels[f"{number} 0"], expected(self.folder / f"plate-{version}.zarr" / name, "0", "cyx"))

    def test_labels_are_listed_and_not_shown(self):
        for version in (2, 3):
            said = self.compare(f"labels-{version}.zarr", "yx", 2)
            self.assertEqual(len(said["series"]), 1)
            self.assertIn(["OME-Zarr", "Labels", "labels/cells, not shown", "text"], said["tags"])

    def test_what_may_tell_of_a_person_is_marked(self):
        said, _ = dump(self.folder / "says-much.zarr")
        for tag in (["OME-Zarr", "patient.name", "Jane Roe", "person"], ["OME-Zarr", "multiscales[0].name", "biopsy of Jane Roe", "text"], ["OME-Zarr", "acquired by", "Dr. Mallory", "text"],
                    ["OME-Zarr", "File notes of the operator.txt", "19 bytes, not read", "text"]):
            self.assertIn(tag, said["tags"])
        said, _ = dump(self.folder / "series-2.zarr")
        self.assertIn("Jane", json.dumps([tag for tag in said["tags"] if tag[3] == "person"]))

    def test_archives_that_are_compressed_or_hold_the_folder(self):
        said, pixels = dump(self.folder / "axes-tczyx.zarr", compressed=True)
        self.assert_equal(pixels["0 0"], expected(self.folder / "axes-tczyx.zarr", "0", "tczyx"))
        with tempfile.TemporaryDirectory() as outer:
            (Path(outer) / "mine").mkdir()
            (Path(outer) / "mine" / "x.zarr").symlink_to(self.folder / "labels-3.zarr")
            import shutil

            shutil.copytree(self.folder / "labels-3.zarr", Path(outer) / "mine" / "y.zarr")
            said, pixels = dump(Path(outer))
            self.assert_equal(pixels["0 0"], expected(self.folder / "labels-3.zarr", "0", "yx"))

    def test_damage_is_one_sentence(self):
        damages = {
            "multiscales": ("corrupt", lambda folder: (folder / ".zattrs").write_text('{"multiscales": [{"datasets": []}]}')),
            "no JSON": ("corrupt", lambda folder: (folder / ".zattrs").write_text("{")),
            "2^60 px": ("corrupt", lambda folder: change(folder / "0/.zarray", shape=[2**60, 2**60])),
            "gigabytes": ("too_large", lambda folder: change(folder / "0/.zarray", chunks=[2**20, 2**20])),
            "no chunk": ("corrupt", lambda folder: change(folder / "0/.zarray", chunks=[0, 32])),
            "no array": ("corrupt", lambda folder: (folder / "0/.zarray").unlink()),
            "paths that lead out": ("corrupt", lambda folder: (folder / ".zattrs").write_text(json.dumps(
                {"multiscales": [{"version": "0.4", "axes": [{"name": "y"}, {"name": "x"}], "datasets": [{"path": "../../../../etc/passwd"}]}]}))),
            "another compression": ("unsupported_feature", lambda folder: change(folder / "0/.zarray", compressor={"id": "bz2"})),
            "structures": ("unsupported_feature", lambda folder: change(folder / "0/.zarray", dtype=[["a", "<u2"]])),
            "shorter": ("corrupt", lambda folder: (folder / "0/0.0").write_bytes((folder / "0/0.0").read_bytes()[:-9])),
        }
        for name, (code, damage) in damages.items():
            with self.subTest(damage=name), tempfile.TemporaryDirectory() as out:
                folder = Path(out) / "x"
                zarr_examples.write_image(folder, zarr_examples.pattern((70, 90), "uint16"), "yx", levels=1)
                damage(folder)
                with self.assertRaises(ValueError) as refused:
                    dump(folder)
                self.assertRegex(str(refused.exception), rf"^{code}: [^\n]{{20,}}\n$")


def change(file: Path, **values) -> None:
    file.write_text(json.dumps({**json.loads(file.read_text()), **values}))


if __name__ == "__main__":
    unittest.main()
