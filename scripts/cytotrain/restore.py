"""Shipped weights made trainable again: batch norms are taken out of the convolutions that they were folded into."""

import json
from pathlib import Path

import numpy as np
import onnx
import torch
from torch import nn

from cytotrain.networks import Classifier
from cytotrain.safetensors import read_safetensors


@torch.no_grad()
def restore(model: Classifier, folder: Path, batch: torch.Tensor) -> str:
    """Fill a model with the weights of an exported one, and with its head where that names as many classes.

    The statistics of the batch norms were lost in folding. Those of the batch take their place, and scale and shift undo them, so that
    the model computes what the exported one does, and training finds batch norms that normalise.

    Args:
        model: of the exported model's architecture.
        folder: models/<name>.
        batch: N×C×H×W prepared images, as training shows them.
    Returns: its name and version.
    Raises: RuntimeError when the shapes are not those of the architecture.
    """
    spec = json.loads((folder / "spec.json").read_text())
    graph = onnx.load(folder / spec["network"]["file"]).graph
    values = {
        tensor.name.removesuffix("_half"): torch.from_numpy(onnx.numpy_helper.to_array(tensor).astype(np.float32)) for tensor in graph.initializer
    }
    # The exporter writes convolutions in the order in which they are called.
    exported = iter([node for node in graph.node if node.op_type == "Conv"])
    folded = {}

    def fill(convolution: nn.Conv2d, _) -> None:
        # Without the rows of zeros that export_onnx.append_middle adds to the last one.
        weight, bias = (values[name][:convolution.out_channels] for name in next(exported).input[1:3])
        convolution.weight.copy_(weight)
        folded["bias"] = bias if convolution.bias is None else torch.zeros_like(bias)
        if convolution.bias is not None:
            convolution.bias.copy_(bias)

    def unfold(norm: nn.BatchNorm2d, inputs: tuple[torch.Tensor]) -> None:
        variance, mean = torch.var_mean(inputs[0], (0, 2, 3), unbiased=False)
        norm.running_mean.copy_(mean)
        norm.running_var.copy_(variance)
        norm.weight.copy_(torch.sqrt(variance + norm.eps))
        norm.bias.copy_(mean + folded["bias"])

    of_kind = {nn.Conv2d: fill, nn.BatchNorm2d: unfold}
    hooks = [part.register_forward_pre_hook(of_kind[type(part)]) for part in model.features.modules() if type(part) in of_kind]
    model.eval().features(batch)
    for hook in hooks:
        hook.remove()

    head = {name: torch.from_numpy(value.copy()) for name, value in read_safetensors((folder / spec["head"]["file"]).read_bytes()).items()}
    head["dense_0.weight"] = head["dense_0.weight"][:, :model.dense_0.in_features]
    if all(model.state_dict()[name].shape == value.shape for name, value in head.items()):
        model.load_state_dict(head, strict=False)
    return f"{spec['name']} {spec['version']}"
