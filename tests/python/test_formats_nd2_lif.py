"""Files of our writers of ND2 and LIF, read by the PyPI packages nd2 and liffile, equal what the core reads of them, to the last bit."""

import json
import subprocess
import sys
import tempfile
import unittest
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
BUILD = ROOT / "build" / "release" / "tests" / "formats"
PROGRAMS = BUILD / "dump_image_file", BUILD / "write_format_files"


def skip_aloud(reason: str) -> unittest.SkipTest:
    print(f"SKIPPED {Path(__file__).name}: {reason}", file=sys.stderr)
    return unittest.SkipTest(reason)


try:
    import numpy as np
except ImportError as error:
    raise skip_aloud(f"{error}: ND2 and LIF are not compared with other readers") from error

for program in PROGRAMS:
    if not program.exists():
        raise skip_aloud(f"{program} is missing: ND2 and LIF are not compared with other readers")

TYPES = {"uint8": np.uint8, "uint16": np.uint16, "float32": np.float32}


def dump(file: Path) -> tuple[dict, list[np.ndarray]]:
    """Read a file with the core.

    Returns: what it says, and the pixels of each series as T×Z×C×Y×X×S.
    """
    with tempfile.TemporaryDirectory() as folder:
        said = json.loads(subprocess.run([PROGRAMS[0], file, folder], capture_output=True, text=True, check=True).stdout)
        pixels = []
        for number, series in enumerate(said["series"]):
            width, height = series["levels"][0]
            shape = series["t"], series["z"], len(series["channels"]), height, width, series["samples"]
            planes = [np.fromfile(Path(folder) / f"{number}_{c}_{z}_{t}_0.raw", TYPES[series["type"]])
                      for t in range(shape[0]) for z in range(shape[1]) for c in range(shape[2])]
            pixels.append(np.stack(planes).reshape(shape))
    return said, pixels


class Formats(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.folder = tempfile.TemporaryDirectory()
        cls.addClassCleanup(cls.folder.cleanup)
        subprocess.run([PROGRAMS[1], cls.folder.name], check=True, capture_output=True)

    def files(self, ending: str) -> list[Path]:
        found = sorted(Path(self.folder.name).glob(f"*{ending}"))
        self.assertGreater(len(found), 10)
        return found

    def test_nd2(self):
        try:
            import nd2
        except ImportError as error:
            raise skip_aloud(f"{error}: ND2 is not compared with another reader") from error
        compared = 0
        for path in self.files(".nd2"):
            said, ours = dump(path)
            with self.subTest(file=path.name), nd2.ND2File(path) as file:
                # "U" is a loop that somebody made.
                sizes = {{"U": "T"}.get(axis, axis): size for axis, size in file.sizes.items()}
                theirs, axes = file.asarray(), list(sizes)
                if path.stem == "no_experiment":
                    # Frames that no loop tells of are not in its array.
                    theirs, axes = np.stack([file.read_frame(i) for i in range(file.attributes.sequenceCount)]), ["T", *axes]
                    sizes["T"] = len(theirs)
                theirs = np.transpose(theirs, sorted(range(theirs.ndim), key=lambda i: "TPZCYXS".index(axes[i])))
                shape = [sizes.get(axis, 1) for axis in "TPZCYXS"]
                theirs = theirs.reshape(shape)
                if shape[6] == 3:
                    # It gives colours as stored, which is blue first: its own wavelengths of the three are 420, 515 and 590 nm.
                    theirs = theirs[..., ::-1]
                self.assertEqual(len(ours), shape[1])
                for position, series in enumerate(said["series"]):
                    np.testing.assert_array_equal(ours[position], theirs[:, position])
                    self.assertEqual(ours[position].dtype, theirs.dtype)
                    x, y, z = file.voxel_size()
                    self.assertEqual(series["um"][:2], [x, y])
                    if series["z"] > 1:
                        self.assertEqual(series["um"][2], z)
                    self.assertEqual(series["bits"], file.attributes.bitsPerComponentSignificant)
                    channels = file.metadata.channels
                    self.assertEqual([c["name"] for c in series["channels"]], [c.channel.name for c in channels])
                    if shape[6] == 1:
                        self.assertEqual([c["wavelength_nm"] for c in series["channels"]], [c.channel.emissionLambdaNm for c in channels])
                    compared += 1
        print(f"ND2: {compared} series equal those of the package nd2", file=sys.stderr)
        self.assertGreaterEqual(compared, 20)

    def test_lif(self):
        try:
            import liffile
        except ImportError as error:
            raise skip_aloud(f"{error}: LIF is not compared with another reader") from error
        compared = 0
        for path in self.files(".lif"):
            said, ours = dump(path)
            with self.subTest(file=path.name), liffile.LifFile(path, squeeze=False) as file:
                number = 0
                for image in file.images:
                    series = said["series"][number]
                    axes, theirs = list(image.sizes), image.asarray()
                    colours = series["samples"] == 3
                    # Three channels of colours and those that lie side by side are "S" or "C", by where they lie.
                    axes = [{"S": "S" if colours else "C", "C": "S" if colours else "C"}.get(axis, axis) for axis in axes]
                    if "Y" not in axes:
                        axes = ["Y" if axis == "Z" else axis for axis in axes]
                    order = [axis for axis in "M" if axis in axes] + [axis for axis in axes if axis in "TA"] + [axis for axis in "ZC\u03bbYXS" if axis in axes]
                    sizes = dict(zip(axes, theirs.shape, strict=True))
                    theirs = np.transpose(theirs, [axes.index(axis) for axis in order])
                    size = lambda *names: int(np.prod([sizes.get(name, 1) for name in names]))  # noqa: E731
                    theirs = theirs.reshape(size("M"), size("T", "A"), size("Z"), size("C", "\u03bb"), size("Y"), size("X"), size("S"))
                    for tile in theirs:
                        np.testing.assert_array_equal(ours[number], tile)
                        self.assertEqual(ours[number].dtype, tile.dtype)
                        name = image.path if len(theirs) == 1 else f"{image.path} tile {number + 1}"
                        self.assertEqual(said["series"][number]["name"], name)
                        for own, um in zip("XYZ", series["um"], strict=True):
                            if own in image.coords and um > 0:
                                first, second, *_ = image.coords[own]
                                self.assertAlmostEqual(um, (second - first) * 1e6, places=9)
                        number += 1
                        compared += 1
                self.assertEqual(number, len(said["series"]))
        print(f"LIF: {compared} series equal those of the package liffile", file=sys.stderr)
        self.assertGreaterEqual(compared, 20)


if __name__ == "__main__":
    unittest.main()
