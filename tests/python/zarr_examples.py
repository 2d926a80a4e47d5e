"""Folders of OME-Zarr, one for each branch of the reader, written by zarr-python 3 and numcodecs."""

from pathlib import Path

import numcodecs
import numpy as np
import zarr
from zarr.codecs import BloscCodec, BytesCodec, Crc32cCodec, GzipCodec, TransposeCodec, ZstdCodec

AXES = {"t": "time", "c": "channel", "z": "space", "y": "space", "x": "space"}
UNITS = {"z": "micrometer", "y": "micrometer", "x": "micrometer", "t": "second"}


def pattern(shape: tuple[int, ...], dtype: str, seed: int = 1, steps: int = 0) -> np.ndarray:
    """Noise around a smooth surface, over the type's whole range.

    Args:
        steps: of the values, few enough that every compression finds something to do; 0: as many as there are.
    """
    random = np.random.default_rng(seed)
    grid = sum(np.sin(np.arange(n) / (3 + i)).reshape([-1 if i == k else 1 for k in range(len(shape))]) for i, n in enumerate(shape))
    values = (grid - grid.min()) / max(np.ptp(grid), 1e-9) * 0.9 + random.random(shape) * 0.1
    if steps > 0:
        values = np.floor(values * steps) / steps
    kind = np.dtype(dtype)
    if kind.kind == "b":
        return values > 0.5
    if kind.kind == "f":
        return (values * 100 - 50).astype(kind)
    limits = np.iinfo(kind)
    return (limits.min + values * (float(limits.max) - limits.min)).astype(kind)


def halved(array: np.ndarray) -> np.ndarray:
    return array[..., ::2, ::2]


def attributes_of(axes: str, levels: int, version: str, scale_um: float = 0.5, channels: list[dict] | None = None, name: str = "") -> dict:
    """What a group says, without what version 0.5 puts around it."""
    def scale(level: int) -> list[float]:
        return [scale_um * 2**level if axis in "yx" else 2.0 if axis == "z" else 1.0 for axis in axes]

    multiscale = {
        "axes": [{"name": axis, "type": AXES[axis], **({"unit": UNITS[axis]} if axis in UNITS else {})} for axis in axes],
        "datasets": [{"path": str(level), "coordinateTransformations": [{"type": "scale", "scale": scale(level)}]} for level in range(levels)],
        **({"name": name} if name else {}), **({"version": version} if version == "0.4" else {}),
    }
    said = {"multiscales": [multiscale]}
    if channels is not None:
        said["omero"] = {"channels": channels}
    return said


def write_group(folder: Path, attributes: dict, zarr_format: int) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    zarr.open_group(folder, mode="a", zarr_format=zarr_format, attributes={"ome": {"version": "0.5", **attributes}} if zarr_format == 3 else attributes)


def write_image(folder: Path, array: np.ndarray, axes: str, zarr_format: int = 2, levels: int = 2, chunks: int | tuple = 32, attributes: dict | None = None, **options) -> None:
    """A pyramid. `options`: as zarr.create_array takes them."""
    said = attributes or attributes_of(axes, levels, "0.4" if zarr_format == 2 else "0.5")
    write_group(folder, said, zarr_format)
    for level in range(levels):
        shape = tuple(min(n, chunks) if axis in "yx" else 1 for axis, n in zip(axes, array.shape)) if isinstance(chunks, int) else chunks
        made = zarr.create_array(folder / str(level), shape=array.shape, dtype=array.dtype, chunks=shape, zarr_format=zarr_format, **options)
        made[...] = array
        array = halved(array)


def channel(label: str, color: str) -> dict:
    return {"label": label, "color": color, "active": True, "window": {"start": 0.0, "end": 200.0, "min": 0.0, "max": 255.0}}


def blosc(cname: str, shuffle: int) -> dict:
    return {"compressors": numcodecs.Blosc(cname=cname, clevel=5, shuffle=shuffle)}


def write_codings(folder: Path) -> None:
    """All compressions and types."""
    for cname in ("lz4", "lz4hc", "zlib", "zstd", "blosclz"):
        for shuffle, word in enumerate(("none", "bytes", "bits")):
            write_image(folder / f"v2-blosc-{cname}-{word}.zarr", pattern((70, 90), "uint16", steps=8), "yx", **blosc(cname, shuffle))
    # Blocks that are split into streams, and a last one that is shorter and of no multiple of eight samples.
    for dtype in ("uint8", "uint16", "float32", "float64"):
        for shuffle in (1, 2):
            for cname in ("lz4", "blosclz", "zstd"):
                write_image(folder / f"v2-blosc-blocks-{cname}-{dtype}-{shuffle}.zarr", pattern((1201, 1203), dtype, steps=8), "yx", chunks=(1201, 1203), levels=1, **blosc(cname, shuffle))
    # Rows that begin alike, farther apart than the short distances of BloscLZ reach.
    row = np.zeros((1, 12_000), "uint8")
    row[:, :3_000] = pattern((1, 3_000), "uint8")
    write_image(folder / "v2-blosc-far.zarr", np.tile(row, (8, 1)), "yx", chunks=(8, 12_000), levels=1, **blosc("blosclz", 0))
    write_image(folder / "v2-blosc-copied.zarr", np.random.default_rng(3).integers(0, 255, (40, 50), "uint8"), "yx", **blosc("lz4", 0))
    for name, compressor in {"none": None, "zlib": numcodecs.Zlib(6), "gzip": numcodecs.GZip(6), "zstd": numcodecs.Zstd(3), "lz4": numcodecs.LZ4()}.items():
        write_image(folder / f"v2-{name}.zarr", pattern((70, 90), "uint16"), "yx", compressors=compressor)
    for dtype in ("bool", "uint8", ">u2", ">u4", "<u4", "int8", ">i2", "<i2", "<i4", "<f2", ">f4", "<f4", ">f8", "<f8"):
        name = dtype.replace("<", "little-").replace(">", "big-")
        write_image(folder / f"v2-type-{name}.zarr", pattern((33, 47), dtype), "yx", compressors=numcodecs.Zlib(1))
    for dtype in ("bool", "uint8", "uint16", "uint32", "int8", "int16", "int32", "float16", "float32", "float64"):
        for endian in ("little", "big"):
            write_image(folder / f"v3-type-{dtype}-{endian}.zarr", pattern((33, 47), dtype), "yx", 3, serializer=BytesCodec(endian=endian), compressors=ZstdCodec(level=1))
    for name, codecs in {"none": None, "gzip": GzipCodec(), "zstd-sum": [ZstdCodec(checksum=True), Crc32cCodec()], "sum": Crc32cCodec(), "blosc": BloscCodec(cname="zstd", shuffle="bitshuffle"),
                         "blosc-lz4": BloscCodec(cname="lz4", shuffle="shuffle")}.items():
        write_image(folder / f"v3-{name}.zarr", pattern((70, 90), "uint16"), "yx", 3, compressors=codecs)
    write_image(folder / "v2-slashes.zarr", pattern((2, 70, 90), "uint8"), "cyx", chunk_key_encoding={"name": "v2", "separator": "/"})
    write_image(folder / "v3-dots.zarr", pattern((2, 70, 90), "uint8"), "cyx", 3, chunk_key_encoding={"name": "default", "separator": "."})
    write_image(folder / "v3-old-keys.zarr", pattern((2, 70, 90), "uint8"), "cyx", 3, chunk_key_encoding={"name": "v2", "separator": "."})
    write_image(folder / "v2-columns-first.zarr", pattern((3, 70, 90), "uint16"), "zyx", chunks=(2, 32, 48), order="F")
    write_image(folder / "v3-transposed.zarr", pattern((3, 70, 90), "uint16"), "zyx", 3, chunks=(2, 32, 48), filters=TransposeCodec(order=(2, 0, 1)))


def write_shards(folder: Path) -> None:
    for name, options in {
        "end": {"compressors": ZstdCodec()}, "start": {"compressors": BloscCodec(cname="lz4", shuffle="shuffle"), "where": "start"}, "plain": {"compressors": None}, "sums": {"compressors": [GzipCodec(), Crc32cCodec()]},
    }.items():
        where = options.pop("where", "end")
        array = pattern((2, 3, 66, 70), "uint16")
        # Chunks of nothing but the fill value are not written.
        array[0, :, 16:32] = 0
        write_image(folder / f"v3-shards-{name}.zarr", array, "czyx", 3, levels=1, chunks=(1, 1, 16, 16), shards={"shape": (1, 3, 32, 48), "index_location": where}, **options)


def write_layouts(folder: Path) -> None:
    """Axes, pyramids, series, plates, labels, colours."""
    write_image(folder / "axes-tczyx.zarr", pattern((2, 3, 4, 26, 30), "uint8"), "tczyx",
                attributes=attributes_of("tczyx", 2, "0.4", 0.325, [channel("DAPI", "0000FF"), channel("BF", "FFFFFF"), channel("GFP", "00FF00")], "three stains"))
    write_image(folder / "axes-xy.zarr", pattern((60, 50), "uint8"), "xy", levels=1)
    write_image(folder / "axes-zcyx.zarr", pattern((3, 2, 50, 60), "uint16"), "zcyx", 3)
    write_image(folder / "axes-tyx.zarr", pattern((4, 50, 60), "uint16"), "tyx")
    nanometres = attributes_of("yx", 1, "0.4")
    for axis, unit, scale in zip(nanometres["multiscales"][0]["axes"], ("nanometer", "millimeter"), (250.0, 0.00065)):
        axis["unit"] = unit
        nanometres["multiscales"][0]["datasets"][0]["coordinateTransformations"][0]["scale"]["yx".index(axis["name"])] = scale
    write_image(folder / "units.zarr", pattern((50, 60), "uint8"), "yx", levels=1, attributes=nanometres)
    twice = attributes_of("yx", 1, "0.4", 0.5)
    twice["multiscales"][0]["coordinateTransformations"] = [{"type": "scale", "scale": [2.0, 3.0]}]
    write_image(folder / "scaled-twice.zarr", pattern((50, 60), "uint8"), "yx", levels=1, attributes=twice)
    old = {"multiscales": [{"version": "0.1", "datasets": [{"path": "0"}, {"path": "1"}]}]}
    write_image(folder / "version-0.1.zarr", pattern((1, 2, 1, 50, 60), "uint8"), "tczyx", attributes=old)
    write_image(folder / "version-0.3.zarr", pattern((2, 50, 60), "uint8"), "cyx", attributes={"multiscales": [{"version": "0.3", "axes": ["c", "y", "x"], "datasets": [{"path": "0"}, {"path": "1"}]}]})
    colours = [channel("", "FF0000"), channel("", "00FF00"), channel("", "0000FF")]
    write_image(folder / "colours.zarr", pattern((3, 50, 60), "uint8"), "cyx", attributes=attributes_of("cyx", 2, "0.4", channels=colours), chunks=(3, 32, 32))
    for one, label in zip(colours, ("DAPI", "FITC", "Cy5")):
        one["label"] = label
    write_image(folder / "stains.zarr", pattern((3, 50, 60), "uint8"), "cyx", attributes=attributes_of("cyx", 2, "0.4", channels=colours))
    fewer_planes(folder / "fewer-planes.zarr")
    missing = pattern((130, 150), "int16")
    write_image(folder / "fill.zarr", missing, "yx", levels=1, fill_value=-5)
    for file in ("0.1", "2.2"):
        (folder / "fill.zarr" / "0" / file).unlink()
    write_image(folder / "fill-float.zarr", pattern((130, 150), "float32"), "yx", 3, levels=1, fill_value=2.5)
    (folder / "fill-float.zarr" / "0" / "c" / "1" / "1").unlink()
    two = attributes_of("yx", 1, "0.4", name="first")
    two["multiscales"].append({**attributes_of("yx", 1, "0.4", 0.25, name="second")["multiscales"][0]})
    two["multiscales"][1]["datasets"][0]["path"] = "other"
    write_image(folder / "two-pyramids.zarr", pattern((50, 60), "uint8"), "yx", levels=1, attributes=two)
    zarr.create_array(folder / "two-pyramids.zarr" / "other", shape=(20, 30), dtype="uint8", chunks=(20, 30), zarr_format=2)[...] = pattern((20, 30), "uint8", 2)
    for zarr_format in (2, 3):
        write_series(folder / f"series-{zarr_format}.zarr", zarr_format)
        write_plate(folder / f"plate-{zarr_format}.zarr", zarr_format)
        write_labels(folder / f"labels-{zarr_format}.zarr", zarr_format)
    # A plain group of images, and one that holds a note and says who made it.
    write_group(folder / "collection.zarr", {}, 2)
    for name in ("first", "second"):
        write_image(folder / "collection.zarr" / name, pattern((20, 30), "uint8", len(name)), "yx", levels=1)
    said = attributes_of("yx", 1, "0.4", name="biopsy of Jane Roe")
    said |= {"patient": {"name": "Jane Roe", "born": "1950-01-02"}, "acquired by": "Dr. Mallory", "_creator": {"name": "omero-zarr", "version": "0.5.0"}}
    write_image(folder / "says-much.zarr", pattern((20, 30), "uint8"), "yx", levels=1, attributes=said)
    (folder / "says-much.zarr" / "notes of the operator.txt").write_text("seen by Dr. Mallory")


def fewer_planes(folder: Path) -> None:
    array = pattern((4, 50, 60), "uint8")
    write_group(folder, attributes_of("zyx", 2, "0.4"), 2)
    for level, one in enumerate((array, array[::2, ::2, ::2])):
        zarr.create_array(folder / str(level), shape=one.shape, dtype=one.dtype, chunks=(2, 32, 32), zarr_format=2)[...] = one


def write_series(folder: Path, zarr_format: int) -> None:
    """As bioformats2raw lays them out."""
    write_group(folder, {"bioformats2raw.layout": 3}, zarr_format)
    write_group(folder / "OME", {"series": ["0", "2"]} if zarr_format == 3 else {}, zarr_format)
    channels = '<Channel ID="Channel:{0}:0" SamplesPerPixel="{1}" {2}/>'
    images = (channels.format(0, 3, ""), channels.format(1, 1, 'Name="Phase &amp; contrast" EmissionWavelength="525" EmissionWavelengthUnit="nm"'))
    (folder / "OME" / "METADATA.ome.xml").write_text(
        '<?xml version="1.0"?><OME xmlns="http://www.openmicroscopy.org/Schemas/OME/2016-06"><Experimenter ID="Experimenter:0" FirstName="Jane" LastName="Roe"/>'
        + "".join(f'<Image ID="Image:{i}" Name="scene {i + 1}"><Pixels ID="Pixels:{i}" SizeX="60" SizeY="50">{text}</Pixels></Image>' for i, text in enumerate(images)) + "</OME>")
    second = "2" if zarr_format == 3 else "1"
    write_image(folder / "0", pattern((1, 3, 1, 50, 60), "uint8"), "tczyx", zarr_format)
    write_image(folder / second, pattern((1, 1, 1, 40, 30), "uint16"), "tczyx", zarr_format)


def write_plate(folder: Path, zarr_format: int) -> None:
    wells = [("A/1", 0, 0), ("B/2", 1, 1)]
    plate = {"name": "plate of Jane Roe", "rows": [{"name": "A"}, {"name": "B"}], "columns": [{"name": "1"}, {"name": "2"}], "wells": [{"path": path, "rowIndex": row, "columnIndex": column} for path, row, column in wells],
             "acquisitions": [{"id": 0, "starttime": 1_343_731_272_000}]}
    write_group(folder, {"plate": plate}, zarr_format)
    for number, (path, _, _) in enumerate(wells):
        write_group(folder / path, {"well": {"images": [{"path": "0"}, {"path": "1"}]}}, zarr_format)
        for field in range(2):
            write_image(folder / path / str(field), pattern((1, 40, 50), "uint8", 10 * number + field), "cyx", zarr_format, levels=1)


def write_labels(folder: Path, zarr_format: int) -> None:
    write_image(folder, pattern((50, 60), "uint8"), "yx", zarr_format)
    write_group(folder / "labels", {"labels": ["cells"]}, zarr_format)
    write_image(folder / "labels" / "cells", (pattern((50, 60), "uint8") > 100).astype("uint32"), "yx", zarr_format, levels=1)


def write_all(folder: Path) -> None:
    write_codings(folder)
    write_shards(folder)
    write_layouts(folder)


def zip_of(folder: Path, file: Path, compressed: bool = False) -> None:
    """One file of a folder, with the metadata of the top first as RFC 9 of OME-NGFF asks."""
    import zipfile

    paths = sorted((path for path in folder.rglob("*") if path.is_file()), key=lambda path: (path.name not in ("zarr.json", ".zattrs", ".zgroup", ".zarray"), len(path.parts), path))
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED if compressed else zipfile.ZIP_STORED) as archive:
        for path in paths:
            info = zipfile.ZipInfo(path.relative_to(folder).as_posix())
            info.compress_type = archive.compression
            archive.writestr(info, path.read_bytes())


if __name__ == "__main__":
    import sys

    out = Path(sys.argv[1])
    write_all(out)
    for example in sorted(out.glob("*.zarr")):
        zip_of(example, example.with_suffix(".ozx"))
