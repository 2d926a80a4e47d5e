"""Write models/<name>/: the network as ONNX with float16 weights, and what spec.json says about it."""

import hashlib
import inspect
import io
import warnings
from pathlib import Path
from typing import Callable

import numpy as np
import onnx
import onnxruntime
import torch

from cytotrain.card import table
from cytotrain.detector import CellMarker, Rule, by_block
from cytotrain.model_folder import format_json
from export_onnx import OPSET, TOLERANCE, fold_constants, store_halves

ALLOWED_OPERATORS = {"Conv", "Relu", "Add", "Cast", "DepthToSpace"}


def export(network: CellMarker, real_inputs: list[torch.Tensor]) -> bytes:
    """Export a trained network; input "frame" 1×1×H×W, output "maps" as CellMarker gives them, any H and W divisible by 8.

    Args:
        network: in evaluation mode.
        real_inputs: frames on which ONNX Runtime is compared, before the weights are rounded to float16.
    Raises: ValueError when an operator is left that the engine does not promise, or a map differs by more than TOLERANCE.
    """
    is_new = "dynamo" in inspect.signature(torch.onnx.export).parameters
    buffer = io.BytesIO()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        torch.onnx.export(
            network, torch.zeros(1, 1, 64, 64), buffer, opset_version=OPSET, input_names=["frame"], output_names=["maps"],
            dynamic_axes={"frame": {2: "height", 3: "width"}, "maps": {2: "rows", 3: "columns"}}, **({"dynamo": False} if is_new else {}),
        )
    model = onnx.load_from_string(buffer.getvalue())
    fold_constants(model.graph)
    unexpected = {node.op_type for node in model.graph.node} - ALLOWED_OPERATORS
    if unexpected:
        raise ValueError(f"operators {sorted(unexpected)} are left in the graph")
    maps_of = opened(model.SerializeToString())
    for pixels in real_inputs:
        with torch.no_grad():
            difference = float(np.abs(maps_of(pixels) - by_block(network(pixels)).numpy()).max())
        if not difference <= TOLERANCE:
            raise ValueError(f"ONNX Runtime differs from PyTorch by {difference:.1e}")
    store_halves(model.graph)
    onnx.checker.check_model(model, full_check=True)
    return model.SerializeToString()


def opened(content: bytes) -> Callable[[torch.Tensor], np.ndarray]:
    """The network by ONNX Runtime: takes 1×1×H×W, gives 1×9×H/4×W/4 float32."""
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = torch.get_num_threads()
    session = onnxruntime.InferenceSession(content, options, providers=["CPUExecutionProvider"])
    return lambda pixels: by_block(torch.from_numpy(session.run(["maps"], {"frame": pixels.contiguous().numpy()})[0])).numpy()


def write_folder(folder: Path, content: bytes, rule: Rule, about: dict) -> None:
    """Write network.onnx and spec.json.

    Args:
        about: entries of spec.json that are not measured off the file: name, version, halo_px, training, licence, metrics.
    """
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "network.onnx").write_bytes(content)
    weights = onnx.load_from_string(content).graph.initializer
    spec = {
        "kind": "detector",
        "name": about["name"],
        "version": about["version"],
        "title": about["title"],
        "network": {
            "file": "network.onnx", "sha256": hashlib.sha256(content).hexdigest(), "bytes": len(content),
            "parameters": sum(int(np.prod(tensor.dims)) for tensor in weights), "input": "frame", "output": "maps", "halo_px": about["halo_px"],
        },
        "cell_diameter_px": rule.cell_diameter_px,
        "normalisation": {"rule": "median_spread", "gain": rule.gain, "most": rule.most},
        "threshold": rule.threshold,
        "overlap": rule.overlap,
        "outline": about["outline"],
        **{key: about[key] for key in ("training", "licence", "metrics") if key in about},
    }
    (folder / "spec.json").write_text(format_json(spec) + "\n")


def numbers_of(metrics: dict) -> str:
    """The numbers of card.md as Markdown, from a spec's metrics."""
    figure = lambda three: f"{100 * three[0]:.1f} % ({100 * three[1]:.1f} to {100 * three[2]:.1f})"
    parts = [table(["images", "F1", "precision", "recall", "count error", "frames", "cells"], [
        [row["images"], *(figure(row[name]) for name in ("f1", "precision", "recall", "count_error")), row["frames"], row["cells"]]
        for row in metrics["rows"].values()])]
    if "frames" in metrics:
        parts.append(table(["phase-contrast frame", "F1", "matched", "found", "labelled"], [
            [name, f"{200 * matched / (found + labelled):.1f} %", matched, found, labelled]
            for name, (matched, found, labelled) in metrics["frames"].items()]))
    if "cell_lines" in metrics:
        parts.append(table(["cell-lines frame", "found", "automatic centres", "of these in a found box"], [
            [name, found, centres, f"{100 * inside / centres:.0f} %"] for name, (found, centres, inside) in metrics["cell_lines"].items()]))
    return "\n\n".join("\n".join(part) for part in parts)
