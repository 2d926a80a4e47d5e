"""Features of one cell's picture for types that are learned from few images; the twin of src/core/encode/encoder.cpp.

A picture is resized once, for the networks and the measurements. Of a grey one the background is brought to the middle of the scale; where it
has more than 8 bits, of which nobody knows how many are used, also its spread to a fixed number of levels.
"""

import json
from pathlib import Path

import numpy as np
import onnx
import onnxruntime
import torch

from cytotrain.measurements import SIDE_PX, measure_cell
from cytotrain.prepare import prepare

MIDDLE_BLOCKS = (6, 10, 13, 16)
"""Blocks of MobileNetV2 whose sums become features: the last of each width before a stride or a wider block, but for the first."""
TURNS, TAUGHT_TURNS = 8, 4
"""That there are, and of which types are taught: the first four, by quarters. Mirrored ones too are twice the time for next to nothing (card.md)."""


def mapped(model: onnx.ModelProto, grid: int) -> tuple[onnx.ModelProto, int]:
    """Let a network give its sums after MIDDLE_BLOCKS and its last layer as N×D×grid×grid, in this order.

    A wider map is brought to the grid by the means of its squares, so that the mean over the grid is the mean over the map.

    Args:
        model: MobileNetV2 with the output "features", N×C×h×w; its weights are not changed.
    Returns: the network, and D.
    Raises: ValueError when it has not ten sums, or a map that is no multiple of the grid.
    """
    graph = model.graph
    sums = [node.output[0] for node in graph.node if node.op_type == "Add"]
    if len(sums) != 10:
        raise ValueError(f"MobileNetV2 has ten sums, not {len(sums)}")
    # Blocks 3, 5, 6, 8, 9, 10, 12, 13, 15 and 16 have one.
    middle = [sums[index] for index in (2, 5, 7, 9)]
    [output] = graph.output
    inferred = onnx.shape_inference.infer_shapes(model)
    shapes = {value.name: [side.dim_value for side in value.type.tensor_type.shape.dim] for value in (*inferred.graph.value_info, *inferred.graph.output)}
    names = []
    for place, name in enumerate((*middle, output.name)):
        channels, side = shapes[name][1], shapes[name][2]
        if side % grid:
            raise ValueError(f"a map of {side} px does not fit a grid of {grid}")
        step = side // grid
        if step == 1:
            names.append(name)
            continue
        # A depthwise convolution, which every engine has, with one weight.
        graph.initializer.append(onnx.numpy_helper.from_array(np.full((channels, 1, step, step), 1 / step**2, np.float32), f"squares_{place}"))
        graph.node.append(onnx.helper.make_node("Conv", [name, f"squares_{place}"], [f"grid_{place}"], group=channels, kernel_shape=[step, step], strides=[step, step]))
        names.append(f"grid_{place}")
    count = sum(shapes[name][1] for name in (*middle, output.name))
    graph.node.append(onnx.helper.make_node("Concat", names, ["embedding"], axis=1))
    del graph.output[:], graph.value_info[:]
    graph.output.append(onnx.helper.make_tensor_value_info("embedding", onnx.TensorProto.FLOAT, ["N", count, grid, grid]))
    onnx.checker.check_model(model, full_check=True)
    return model, count


def measured(planes: torch.Tensor) -> np.ndarray:
    """Measurements of a picture, which are taken from the means of its squares at SIDE_PX."""
    return measure_cell(torch.nn.functional.avg_pool2d(planes, planes.shape[3] // SIDE_PX)[0].numpy())


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
        planes = prepare(image, self.spec)
        found = []
        for network, session in zip(self.spec["networks"], self._sessions):
            mean, std = (torch.tensor(network["normalisation"][key]).view(1, -1, 1, 1) for key in ("mean", "std"))
            inputs = turned((planes - mean) / std).numpy()
            found.append(session.run([network["output"]], {network["input"]: inputs})[0].mean((2, 3)))
        return np.concatenate([*found, np.tile(measured(planes).astype(np.float32), (TURNS, 1))], 1)
