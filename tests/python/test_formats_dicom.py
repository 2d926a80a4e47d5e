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
    if dataset.HighBit + 1 != dataset.BitsStored:  # pydicom takes the low bits whatever the high bit is
        stored = np.frombuffer(dataset.PixelData, "<u2").reshape(dataset.Rows, dataset.Columns)
    colours = dataset.PhotometricInterpretation
    if colours == "PALETTE COLOR":
        stored = apply_color_lut(stored, dataset)
    if dataset.SamplesPerPixel == 1 and colours != "PALETTE COLOR":
        bits = dataset.BitsStored
        values = stored.astype(np.int64) >> (dataset.HighBit + 1 - bits) & ((1 << bits) - 1)
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


def written(folder: Path, number: int, syntax: str, frame: bytes, pixels: np.ndarray, bits: int) -> Path:
    """A file of one encapsulated frame, by pydicom."""
    meta = pydicom.dataset.FileMetaDataset()
    meta.TransferSyntaxUID = pydicom.uid.UID(syntax)
    meta.MediaStorageSOPClassUID = pydicom.uid.SecondaryCaptureImageStorage
    meta.MediaStorageSOPInstanceUID = "1.2.3"
    dataset = pydicom.Dataset()
    dataset.file_meta = meta
    dataset.Rows, dataset.Columns = pixels.shape[:2]
    dataset.SamplesPerPixel = 3 if pixels.ndim == 3 else 1
    dataset.PhotometricInterpretation = "RGB" if pixels.ndim == 3 else "MONOCHROME2"
    if pixels.ndim == 3:
        dataset.PlanarConfiguration = 0
    dataset.BitsAllocated = 8 * pixels.itemsize
    dataset.BitsStored, dataset.HighBit, dataset.PixelRepresentation = bits, bits - 1, 0
    dataset.PixelData = pydicom.encaps.encapsulate([frame])
    dataset["PixelData"].is_undefined_length = True
    file = folder / f"{number}.dcm"
    dataset.save_as(file, enforce_file_format=True)
    return file


def drawn(random: np.random.Generator, kind: int, bits: int, colour: bool) -> np.ndarray:
    """Noise, steps, or a slope with edges, in which all ways of coding come up."""
    height, width = (int(side) for side in random.integers(1, 70, 2))
    shape = (height, width, 3) if colour else (height, width)
    most = 1 << bits
    if kind == 0:
        values = random.integers(0, most, shape)
    elif kind == 1:
        values = np.repeat(np.repeat(random.integers(0, most, shape), 9, 0), 13, 1)[:height, :width]
    else:
        steps = np.add.outer(np.arange(height) * most // 200, np.arange(width) * most // 90)
        values = (steps[..., None] * [1, 2, 3] if colour else steps) + random.integers(0, 3, shape)
    return (values % most).astype(np.uint8 if bits <= 8 else np.uint16)


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
        if lossy:
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

    def test_frames_that_other_encoders_made(self):
        try:
            import imagecodecs
        except ImportError as error:
            print(f"SKIPPED: {error}: no frames of other encoders are compared", file=sys.stderr)
            self.skipTest(str(error))
        random = np.random.default_rng(5)
        counts = {}
        with tempfile.TemporaryDirectory() as folder:
            for number in range(240):
                bits = int(random.choice([8, 8, 10, 12, 16]))
                colour = bits == 8 and number % 2 == 1
                pixels = drawn(random, number % 3, bits, colour)
                near = int(random.integers(1, 4))
                name, syntax, encode, decode = [
                    ("JPEG-LS", "1.2.840.10008.1.2.4.80", imagecodecs.jpegls_encode, None),
                    ("JPEG-LS near lossless", "1.2.840.10008.1.2.4.81", lambda a: imagecodecs.jpegls_encode(a, level=near), imagecodecs.jpegls_decode),
                    ("lossless JPEG", "1.2.840.10008.1.2.4.57", lambda a: imagecodecs.ljpeg_encode(a, bitspersample=bits), None),
                    ("JPEG 2000", "1.2.840.10008.1.2.4.90", lambda a: imagecodecs.jpeg2k_encode(a, level=0, codecformat="j2k", reversible=True, bitspersample=bits), None),
                ][number // 6 % 4]
                if name == "lossless JPEG" and (colour or min(pixels.shape) < 2):
                    continue  # its encoder knows grey only
                with self.subTest(codec=name, number=number, shape=pixels.shape, bits=bits):
                    try:
                        frame = encode(pixels)
                    except imagecodecs.JpeglsError:
                        continue  # it takes too little room for a tiny picture
                    said, frames, refusal = read(written(Path(folder), number, syntax, frame, pixels, bits))
                    self.assertEqual(refusal, "")
                    wanted = decode(frame) if decode else pixels
                    np.testing.assert_array_equal(frames[0].squeeze(), wanted.squeeze())
                    counts[name] = counts.get(name, 0) + 1
        print(f"DICOM: {counts} frames of other encoders to the last bit", file=sys.stderr)
        self.assertGreaterEqual(sum(counts.values()), 200)

    def test_jpeg_of_twelve_bits_and_jpeg_xl(self):
        try:
            import imagecodecs
        except ImportError as error:
            print(f"SKIPPED: {error}: no frames of other encoders are compared", file=sys.stderr)
            self.skipTest(str(error))
        random = np.random.default_rng(6)
        counts = {}
        with tempfile.TemporaryDirectory() as folder:
            for number in range(120):
                colour = number % 4 == 3
                name, syntax, bits = [("JPEG of 12 bits", "1.2.840.10008.1.2.4.51", 12), ("lossless JPEG XL", "1.2.840.10008.1.2.4.201", [8, 12, 16][number // 2 % 3])][number % 2]
                if name == "lossless JPEG XL":
                    colour = colour and bits == 8
                pixels = drawn(random, number // 2 % 3, bits, colour)
                with self.subTest(codec=name, number=number, shape=pixels.shape, bits=bits):
                    if name == "JPEG of 12 bits":
                        if colour:
                            continue
                        frame = imagecodecs.jpeg_encode(pixels, level=int(random.integers(60, 101)), bitspersample=12)
                        wanted, far = imagecodecs.jpeg_decode(frame), 1
                    else:
                        frame = imagecodecs.jpegxl_encode(pixels, lossless=True, bitspersample=bits)
                        wanted, far = pixels, 0
                    file = written(Path(folder), number, syntax, frame, pixels, bits)
                    # pydicom does not know JPEG XL: written as another of that length.
                    file.write_bytes(file.read_bytes().replace(b"1.2.840.10008.1.2.4.201", b"1.2.840.10008.1.2.4.110"))
                    _, frames, refusal = read(file)
                    self.assertEqual(refusal, "")
                    self.assertLessEqual(int(np.abs(frames[0].squeeze().astype(int) - wanted.squeeze().astype(int)).max()), far)
                    counts[name] = counts.get(name, 0) + 1
        print(f"DICOM: {counts} frames of other encoders, lossy ones to one level", file=sys.stderr)
        self.assertGreaterEqual(sum(counts.values()), 90)


if __name__ == "__main__":
    unittest.main()
