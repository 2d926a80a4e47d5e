"""The safetensors format, float32 and float16 only: 8 bytes header length, JSON header, raw little-endian numbers.

Source: https://github.com/huggingface/safetensors, section "Format".
"""

import json
import struct

import numpy as np


TYPES = {"F32": "<f4", "F16": "<f2"}


def write_safetensors(tensors: dict[str, np.ndarray]) -> bytes:
    """Write float16 arrays as they are, all others as float32."""
    header, data = {}, b""
    for name, tensor in tensors.items():
        kind = "F16" if tensor.dtype == np.float16 else "F32"
        raw = np.ascontiguousarray(tensor, dtype=TYPES[kind]).tobytes()
        header[name] = {"dtype": kind, "shape": list(tensor.shape), "data_offsets": [len(data), len(data) + len(raw)]}
        data += raw
    text = json.dumps(header, separators=(",", ":")).encode()
    # The numbers start at a multiple of 8, so that they can be viewed in place.
    text += b" " * (-len(text) % 8)
    return struct.pack("<Q", len(text)) + text + data


def read_safetensors(content: bytes) -> dict[str, np.ndarray]:
    (length,) = struct.unpack_from("<Q", content)
    header, data = json.loads(content[8:8 + length]), content[8 + length:]
    header.pop("__metadata__", None)
    return {
        name: np.frombuffer(data[slice(*entry["data_offsets"])], TYPES[entry["dtype"]]).reshape(entry["shape"])
        for name, entry in header.items()
    }
