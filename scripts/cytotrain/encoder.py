"""Features of one cell's picture for types that are learned from few images; the twin of src/core/encode/encoder.cpp.

A picture is resized for each network and for the measurements. Of a grey one the background is brought to the middle of the scale; where it
has more than 8 bits, of which nobody knows how many are used, also its spread to a fixed number of levels.
"""

import json
from pathlib import Path

import numpy as np
import onnx
import onnxruntime
import torch

from cytotrain.measurements import SIDE_PX, measure_cell
from cytotrain.prepare import composite_on_white, normalise, resize, to_channels

MIDDLE_BLOCKS = (6, 10, 13, 16)
"""Blocks of MobileNetV2 whose sums become features: the last of each width before a stride or a wider block, but for the first."""
GREY_TINT = 2.0
"""A picture is grey when its largest and smallest channel differ by less on average, on the 0..255 scale."""
TURNS = 8


def pooled(model: onnx.ModelProto) -> tuple[onnx.ModelProto, int]:
    """Let a network give the means of its sums after MIDDLE_BLOCKS and of its last layer as N×D, in this order.

    Args:
        model: MobileNetV2 with the output "features", N×C×h×w; its weights are not changed.
    Returns: the network, and D.
    Raises: ValueError when it has not ten sums.
    """
    graph = model.graph
    sums = [node.output[0] for node in graph.node if node.op_type == "Add"]
    if len(sums) != 10:
        raise ValueError(f"MobileNetV2 has ten sums, not {len(sums)}")
    # Blocks 3, 5, 6, 8, 9, 10, 12, 13, 15 and 16 have one.
    middle = [sums[index] for index in (2, 5, 7, 9)]
    [output] = graph.output
    make = onnx.helper.make_node
    names = [*middle, output.name]
    graph.node.extend(make("GlobalAveragePool", [name], [f"mean_{place}"]) for place, name in enumerate(names))
    graph.node.append(make("Concat", [f"mean_{place}" for place in range(len(names))], ["means"], axis=1))
    graph.node.append(make("Flatten", ["means"], ["embedding"]))
    del graph.output[:], graph.value_info[:]
    inferred = onnx.shape_inference.infer_shapes(model)
    [means] = [value for value in inferred.graph.value_info if value.name == "means"]
    count = means.type.tensor_type.shape.dim[1].dim_value
    graph.output.append(onnx.helper.make_tensor_value_info("embedding", onnx.TensorProto.FLOAT, ["N", count]))
    onnx.checker.check_model(model, full_check=True)
    return model, count


class Picture:
    """An image of one cell on its way into the encoder.

    Args:
        image: as cytotrain.prepare.decode returns it.
    """

    def __init__(self, image: np.ndarray):
        self._planes = to_channels(composite_on_white(image), "rgb")
        small = self._resized(SIDE_PX)[0]
        self._contrast = "eight_bit" if image.dtype == np.uint8 else "deeper"
        self.is_grey = float((small.amax(0) - small.amin(0)).mean(dtype=torch.float64)) < GREY_TINT

    def planes(self, side_px: int, grey: dict) -> torch.Tensor:
        """1×3×side×side float32, R, G, B on the 0..255 scale.

        Args:
            grey: the spec's; of a grey picture (x − median of the corners) / max(spread, least_spread) becomes middle + gain · that, from 0 to 255.
        """
        planes = self._resized(side_px)
        if not self.is_grey:
            return planes
        contrast = grey[self._contrast]
        rule = {"rule": "corner_median_spread", "corner_px": side_px // grey["corner_share"], "least_spread": contrast["least_spread"]}
        return (normalise(planes, rule) * contrast["gain"] + grey["middle"]).clamp(0, 255)

    def _resized(self, side_px: int) -> torch.Tensor:
        return resize(self._planes, "bilinear_antialiased", side_px, side_px)


def turned(planes: torch.Tensor) -> torch.Tensor:
    """1×C×S×S in every way: mirrored left to right from the fifth on, turned clockwise by quarters; as src/core/explain/turns.h."""
    ways = [planes, planes.flip(3)]
    return torch.cat([torch.rot90(way, -quarter, (2, 3)) for way in ways for quarter in range(4)])


class Encoder:
    """models/cell-encoder by ONNX Runtime and numpy.

    Args:
        folder: with spec.json and the networks.
    """

    def __init__(self, folder: Path):
        self.spec = json.loads((folder / "spec.json").read_text())
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = 1
        self._sessions = [
            onnxruntime.InferenceSession(str(folder / network["file"]), options, providers=["CPUExecutionProvider"]) for network in self.spec["networks"]
        ]

    def features(self, image: np.ndarray) -> np.ndarray:
        """Features of the eight turns, 8×D float32: each network's, then the measurements, which do not depend on the turn."""
        picture, grey = Picture(image), self.spec["grey"]
        found = []
        for network, session in zip(self.spec["networks"], self._sessions):
            mean, std = (torch.tensor(network["normalisation"][key]).view(1, -1, 1, 1) for key in ("mean", "std"))
            inputs = turned((picture.planes(network["side_px"], grey) - mean) / std).numpy()
            found.append(session.run([network["output"]], {network["input"]: inputs})[0])
        measured = measure_cell(picture.planes(SIDE_PX, grey)[0].numpy()).astype(np.float32)
        return np.concatenate([*found, np.tile(measured, (TURNS, 1))], 1)
