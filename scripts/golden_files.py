"""Writes tests/golden/files: small files of microscopes' formats by the writers of tests/formats, with what the readers, compiled natively, make of them.

Takes a Python with the packages zarr 3 and numcodecs, which write the OME-Zarr.

Usage: python3 scripts/golden_files.py [folder of the built programs, build/release/tests/formats unless told]
"""

import hashlib
import json
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
OUT = ROOT / "tests/golden/files"
ZARR_WRITER = ROOT / "tests/python/zarr_examples.py"
CHOSEN = {
    "write_image_files": ["planes.czi", "jpeg_colour.czi", "jxr_bgr24.czi", "jxr_grey16.czi", "type1_compression6.czi", "type2_compression5.czi", "two_types.czi"],
    "write_format_files": ["channels.nd2", "deflated.nd2", "rgb_16.nd2", "floats.nd2", "several.lif", "channels.lif", "times.lif", "bgr.lif"],
    "write_dicom_files": ["slide-rle-basic.dcm", "slide-sparse.dcm", "palette-8.dcm", "jpeg-ybr.dcm", "jpeg-ls-12.dcm", "jpeg2000-rgb.dcm", "lossless-12.dcm", "slices.dcm", "slope.dcm", "tags.dcm"],
    ZARR_WRITER: ["axes-tczyx.ozx", "colours.ozx", "fewer-planes.ozx", "labels-2.ozx", "plate-3.ozx", "says-much.ozx", "series-2.ozx", "v2-blosc-blosclz-bits.ozx", "v3-shards-start.ozx", "v3-type-int16-big.ozx"],
    "write_picture_files": ["jxl-alpha.jxl", "jxl-grey-16.jxl", "jxl-turned.jxl", "tif-lerc-zstd.tif", "levels.ndpi"],
}


def main() -> None:
    programs = Path(sys.argv[1]).resolve() if len(sys.argv) > 1 else ROOT / "build/release/tests/formats"
    shutil.rmtree(OUT, ignore_errors=True)
    OUT.mkdir(parents=True)
    expected = {}
    for writer, names in CHOSEN.items():
        with tempfile.TemporaryDirectory() as folder:
            command = [sys.executable, writer] if writer == ZARR_WRITER else [programs / writer]
            subprocess.run([*command, folder], check=True, stdout=subprocess.DEVNULL)
            for name in names:
                shutil.copy(Path(folder) / name, OUT / name)
    for file in sorted(OUT.iterdir()):
        with tempfile.TemporaryDirectory() as folder:
            said = json.loads(subprocess.run([programs / "dump_image_file", file, folder], check=True, capture_output=True, text=True).stdout)
            planes = {path.stem: hashlib.sha256(path.read_bytes()).hexdigest() for path in sorted(Path(folder).glob("*.raw"))}
        expected[file.name] = {"format": said["format"], "series": said["series"], "tags": said["tags"], "planes": planes}
    (OUT / "expected.json").write_text(json.dumps(expected, indent=1, ensure_ascii=False) + "\n")
    print(f"{len(expected)} files, {sum(file.stat().st_size for file in OUT.iterdir()):,} bytes")


main()
