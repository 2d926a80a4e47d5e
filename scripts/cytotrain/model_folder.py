"""Reading and writing models/<name>/, the contract with C++ and TypeScript."""

import hashlib
import json
from pathlib import Path

import numpy as np
import onnxruntime

from cytotrain.metrics import softmax, two_columns
from cytotrain.novelty import Novelty
from cytotrain.safetensors import read_safetensors
from cytotrain.tasks import MODELS_FOLDER

LINE_WIDTH = 120


def format_json(value, indent: int = 0) -> str:
    """Format JSON two spaces a level; short things and lists of numbers stay on one line, matrices one row a line."""
    flat = json.dumps(value, ensure_ascii=False)
    is_row = isinstance(value, list) and not any(isinstance(item, (dict, list)) for item in value)
    is_short = isinstance(value, dict) and 0 < indent <= LINE_WIDTH - len(flat)
    if not value or not isinstance(value, (dict, list)) or is_row or is_short:
        return flat
    if isinstance(value, dict):
        opening, closing = "{}"
        items = [f"{format_json(key)}: {format_json(item, indent + 2)}" for key, item in value.items()]
    else:
        opening, closing = "[]"
        items = [format_json(item, indent + 2) for item in value]
    space = "\n" + " " * indent
    return f"{opening}{space}  " + f",{space}  ".join(items) + f"{space}{closing}"


def write_spec(folder: Path, spec: dict) -> None:
    """Write spec.json with its entries in the schema's order.

    Raises: ValueError when the schema knows no such entry.
    """
    order = list(json.loads((MODELS_FOLDER / "spec.schema.json").read_text())["properties"])
    ordered = dict(sorted(spec.items(), key=lambda entry: order.index(entry[0])))
    (folder / "spec.json").write_text(format_json(ordered) + "\n")


def sha256(file: Path) -> str:
    return hashlib.sha256(file.read_bytes()).hexdigest()


class ExportedModel:
    """The files a user gets, run by ONNX Runtime and numpy: what is measured is what is shipped.

    Args:
        folder: models/<name>.
    Attributes:
        folder, spec: the folder and the content of its spec.json.
        layers: weight, bias and "is ReLU" of every dense layer.
    """

    def __init__(self, folder: Path):
        self.folder = folder
        self.spec = json.loads((folder / "spec.json").read_text())
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = 1
        self._session = onnxruntime.InferenceSession(
            str(folder / self.spec["network"]["file"]), options, providers=["CPUExecutionProvider"]
        )
        tensors = read_safetensors((folder / self.spec["head"]["file"]).read_bytes())
        self.layers = [
            (tensors[f"{layer['name']}.weight"], tensors[f"{layer['name']}.bias"], layer["activation"] == "relu")
            for layer in self.spec["head"]["layers"]
        ]

    def features(self, inputs: np.ndarray) -> np.ndarray:
        """Run the network: N×C×H×W float32 to N×D×h×w."""
        network = self.spec["network"]
        batches = [
            self._session.run([network["output"]], {network["input"]: inputs[first:first + 32]})[0]
            for first in range(0, len(inputs), 32)
        ]
        return np.concatenate(batches)

    def head(self, pooled: np.ndarray) -> np.ndarray:
        """Apply the dense layers to pooled features N×D: logits N×K, or N×1 for a sigmoid, before temperature."""
        values = pooled
        for weight, bias, is_relu in self.layers:
            values = values @ weight.T + bias
            values = np.maximum(values, 0) if is_relu else values
        return values

    def logits(self, features: np.ndarray) -> np.ndarray:
        """Pool N×D×h×w and apply the head."""
        return self.head(features.mean((2, 3)))

    def statistics(self) -> Novelty:
        """Of its training images, as its novelty file holds them."""
        return Novelty(**read_safetensors((self.folder / self.spec["novelty"]["file"]).read_bytes()))

    def novelty(self, features: np.ndarray, measured: np.ndarray) -> np.ndarray:
        """Distance of each of N×D×h×w, with N×M measures, to the training images; see cytotrain.novelty."""
        return self.statistics().distance(features.mean((2, 3)), measured)

    def probabilities(self, logits: np.ndarray) -> np.ndarray:
        """Calibrated probabilities N×K."""
        return softmax(two_columns(logits) / self.spec["judge"]["temperature"])

    def activation_map(self, features: np.ndarray, class_index: int) -> np.ndarray:
        """Class activation map D×h×w to h×w, without bias: the gradient of the class's logit by the pooled features.

        For a sigmoid head the map of class 0 is that of class 1 negated.
        Source: Zhou et al. 2016, Learning Deep Features for Discriminative Localization, equation 2, where there is one layer.
        """
        values, active = features.mean((1, 2)), []
        for weight, bias, is_relu in self.layers:
            values = weight @ values + bias
            active.append(values > 0 if is_relu else np.ones_like(values, bool))
            values = np.maximum(values, 0) if is_relu else values
        is_sigmoid = self.spec["head"]["output"] == "sigmoid"
        gradient = np.zeros(len(values), np.float32)
        gradient[0 if is_sigmoid else class_index] = -1 if is_sigmoid and class_index == 0 else 1
        for (weight, _, _), is_on in zip(reversed(self.layers), reversed(active)):
            gradient = (gradient * is_on) @ weight
        return np.tensordot(gradient, features, 1)
