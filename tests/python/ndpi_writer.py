"""Writes NDPI files as Hamamatsu's scanners do: a TIFF with offsets of 64 bits in a way of its own, one JPEG with restart markers a level."""

import io
import struct
from pathlib import Path

import numpy as np
from PIL import Image

SHORT, LONG, RATIONAL, FLOAT, ASCII, SLONG = 3, 4, 5, 11, 2, 9


def jpeg_with_parts(pixels: np.ndarray, blocks: int, subsampling: int = 0) -> tuple[bytes, list[int]]:
    """A JPEG with a restart marker behind every `blocks` blocks, and where each part begins; subsampling as Pillow numbers it."""
    stream = io.BytesIO()
    Image.fromarray(pixels).save(stream, "JPEG", quality=90, subsampling=subsampling, restart_marker_blocks=blocks)
    jpeg = stream.getvalue()
    first = jpeg.index(b"\xff\xda")
    first += 2 + struct.unpack_from(">H", jpeg, first + 2)[0]
    starts = [first]
    for at in range(first, len(jpeg) - 1):
        if jpeg[at] == 0xFF and 0xD0 <= jpeg[at + 1] <= 0xD7:
            starts.append(at + 2)
    return jpeg, starts


def size_of(jpeg: bytes, width: int, height: int) -> bytes:
    """The JPEG with another size in its header: 0 where it is larger than a JPEG may be."""
    at = jpeg.index(b"\xff\xc0") + 5
    return jpeg[:at] + struct.pack(">HH", height if height < 65536 else 0, width if width < 65536 else 0) + jpeg[at + 4 :]


def write_ndpi(file: Path, levels: list[dict], gap: int = 0, listed: bool = True, texts: dict[int, str] | None = None) -> None:
    """Args:
    levels: width, height, jpeg, starts (empty: no list), lens.
    gap: bytes that are skipped before the pixels, which cost no place on a disk.
    """
    with file.open("wb") as stream:
        stream.write(b"II*\0" + bytes(8))
        stream.seek(gap, 1)
        directories = []
        for level in levels:
            at = stream.tell()
            stream.write(level["jpeg"])
            tags = [(256, LONG, 1, level["width"]), (257, LONG, 1, level["height"]), (258, SHORT, 3, struct.pack("<3H", 8, 8, 8)), (259, SHORT, 1, 7), (262, SHORT, 1, 6), (271, ASCII, 0, b"Hamamatsu\0"),
                    (273, LONG, 1, at), (277, SHORT, 1, 3), (278, LONG, 1, level["height"]), (279, LONG, 1, len(level["jpeg"])), (282, RATIONAL, 1, struct.pack("<2I", 40000, 1)), (283, RATIONAL, 1, struct.pack("<2I", 40000, 1)),
                    (296, SHORT, 1, 3), (65420, LONG, 1, 1), (65421, FLOAT, 1, struct.unpack("<I", struct.pack("<f", level["lens"]))[0])]
            tags += [(65424, SLONG, 1, 0)]
            tags += [(tag, ASCII, 0, text.encode() + b"\0") for tag, text in (texts or {}).items()]
            if listed and level["starts"]:
                starts = np.array(level["starts"], "<u8")
                tags += [(65426, LONG, len(starts), (starts & 0xFFFFFFFF).astype("<u4").tobytes()), (65432, LONG, len(starts), (starts >> 32).astype("<u4").tobytes())]
            directories.append(sorted(tags))
        link = 4
        for tags in directories:
            entries, high = b"", b""
            for tag, kind, count, value in tags:
                number = value
                if isinstance(value, bytes):
                    count = count or len(value)
                    if len(value) > 4:
                        number = stream.tell()
                        stream.write(value)
                    else:
                        number = int.from_bytes(value, "little")
                entries += struct.pack("<HHII", tag, kind, count, number & 0xFFFFFFFF)
                high += struct.pack("<I", number >> 32)
            stream.write(bytes(stream.tell() % 2))
            here = stream.tell()
            stream.write(struct.pack("<H", len(tags)) + entries + bytes(8) + high)
            stream.seek(link)
            stream.write(struct.pack("<Q", here))
            stream.seek(0, 2)
            link = here + 2 + len(entries)
