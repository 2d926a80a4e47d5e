"""The pixels that the reader of DICOM gives equal pydicom's, on the files that pydicom brings along and on those of our own writer."""

import json
import subprocess
import sys
import tempfile
import unittest
import warnings
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
PROGRAM = ROOT / "build" / "release" / "tests" / "formats" / "dump_image_file"
# `write_dicom_files FOLDER` makes them.
WRITER = ROOT / "build" / "release" / "tests" / "formats" / "write_dicom_files"

try:
    import numpy as np
    import pydicom
    from pydicom.pixels import apply_color_lut, pixel_array
except ImportError as error:
    reason = f"{error}: the pixels of DICOM are not compared with pydicom's"
    print(f"SKIPPED {Path(__file__).name}: {reason}", file=sys.stderr)
    raise unittest.SkipTest(reason)

TYPES = {"uint8": np.uint8, "uint16": np.uint16, "float32": np.float32}
JPEG = {"1.2.840.10008.1.2.4.50", "1.2.840.10008.1.2.4.51"}
LOSSY = JPEG | {"1.2.840.10008.1.2.4.81", "1.2.840.10008.1.2.4.91"}


def read(file: Path) -> tuple[dict | None, np.ndarray | None, str]:
    """What dump_image_file says of a file, its frames as T×H×W×C, and why it refused it."""
    with tempfile.TemporaryDirectory() as folder:
        done = subprocess.run([str(PROGRAM), str(file), folder], capture_output=True, text=True)
        if done.returncode != 0:
            assert done.returncode == 1, f"{file} ended the program: {done.stderr}"
            return None, None, done.stderr.strip()
        said = json.loads(done.stdout)
        (series,) = said["series"]
        width, height = series["levels"][0]
        frames = []
        for channel in range(len(series["channels"])):
            for t in range(series["t"]):
                for z in range(series["z"]):
                    samples = np.fromfile(Path(folder) / f"0_{channel}_{z}_{t}_0.raw", TYPES[series["type"]])
                    frames.append(samples.reshape(height, width, series["samples"]))
        return said, np.stack(frames), ""


def expected(dataset: pydicom.Dataset) -> np.ndarray:
    """What the reader promises (dicom_pixels.h), of pydicom's samples."""
    # Of JPEG libjpeg-turbo's samples, which Pillow gives; other decoders round otherwise.
    plugin = "pillow" if dataset.file_meta.TransferSyntaxUID in JPEG else ""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        stored = pixel_array(dataset, decoding_plugin=plugin)
    colours = dataset.PhotometricInterpretation
    if colours == "PALETTE COLOR":
        stored = apply_color_lut(stored, dataset)
    if dataset.SamplesPerPixel == 1 and colours != "PALETTE COLOR":
        bits = dataset.BitsStored
        values = stored.astype(np.int64) & ((1 << bits) - 1)
        if dataset.PixelRepresentation == 1:
            values = np.where(values >= 1 << (bits - 1), values - (1 << bits), values)
        if colours == "MONOCHROME1":
            values = (-1 if dataset.PixelRepresentation == 1 else (1 << bits) - 1) - values
        slope = float(dataset.get("RescaleSlope", 1))
        if dataset.BitsAllocated == 32 or slope != 1:
            stored = (values * slope + float(dataset.get("RescaleIntercept", 0))).astype(np.float32)
        elif dataset.BitsAllocated == 1:
            stored = values.astype(np.uint8) * 255
        else:
            values += (1 << (bits - 1)) if dataset.PixelRepresentation == 1 else 0
            stored = values.astype(np.uint8 if dataset.BitsAllocated == 8 else np.uint16)
        stored = stored[..., None]
    return stored if int(dataset.get("NumberOfFrames", None) or 1) > 1 else stored[None]


class Dicom(unittest.TestCase):
    def setUp(self):
        if not PROGRAM.exists():
            print(f"SKIPPED: {PROGRAM} is missing, the pixels of DICOM are not compared", file=sys.stderr)
            self.skipTest(f"{PROGRAM} is missing")

    def compare(self, file: Path, counts: dict[str, int]) -> None:
        said, frames, refusal = read(file)
        if frames is None:
            # A code, and one sentence.
            self.assertRegex(refusal, r"^(kUnsupportedFeature|kCorrupt|kTruncated|kTooLarge|unsupported-feature|corrupt|truncated|too-large|[a-z_-]+): .+|^of no format", refusal)
            counts["refused"] += 1
            counts.setdefault("refusals", []).append(f"{file.name}: {refusal}")
            return
        dataset = pydicom.dcmread(file, force=True)
        if "TotalPixelMatrixColumns" in dataset:
            return
        try:
            wanted = expected(dataset)
        except Exception as error:  # pydicom refuses in many ways
            counts["only here"] += 1
            counts.setdefault("refusals", []).append(f"{file.name}: read here, pydicom says {error}")
            return
        self.assertEqual(frames.shape, wanted.shape)
        lossy = dataset.file_meta.TransferSyntaxUID in LOSSY
        if lossy or dataset.PhotometricInterpretation.startswith("YBR"):
            far = int(np.abs(frames.astype(np.int64) - wanted.astype(np.int64)).max())
            self.assertLessEqual(far, 1)
            counts["to one level"] += 1
        else:
            np.testing.assert_array_equal(frames, wanted)
            counts["to the last bit"] += 1

    def compare_all(self, files: list[Path]) -> dict:
        counts = {"to the last bit": 0, "to one level": 0, "refused": 0, "only here": 0}
        for file in files:
            with self.subTest(file=file.name):
                self.compare(file, counts)
        return counts

    def test_files_that_pydicom_brings_along(self):
        folder = Path(pydicom.__file__).parent / "data"
        files = sorted(file for file in folder.rglob("*") if file.is_file() and file.stat().st_size > 132 and file.read_bytes()[128:132] == b"DICM")
        counts = self.compare_all(files)
        for line in counts.pop("refusals", []):
            print(f"  {line}", file=sys.stderr)
        print(f"DICOM: {counts} of {len(files)} files of pydicom", file=sys.stderr)
        self.assertGreaterEqual(counts["to the last bit"] + counts["to one level"], 90)

    def test_files_of_our_own_writer(self):
        if not WRITER.exists():
            print(f"SKIPPED: {WRITER} is missing, its files are not compared", file=sys.stderr)
            self.skipTest(f"{WRITER} is missing")
        with tempfile.TemporaryDirectory() as folder:
            subprocess.run([str(WRITER), folder], check=True)
            files = sorted(Path(folder).iterdir())
            counts = self.compare_all(files)
        print(f"DICOM: {counts} of {len(files)} written files", file=sys.stderr)
        self.assertEqual(counts["refused"], 0)
        self.assertGreaterEqual(counts["to the last bit"], 20)


if __name__ == "__main__":
    unittest.main()
