"""Write a trained network and head into models/<task>/ and record them in its spec.json.

    python scripts/export_onnx.py --checkpoint build/train/blood-smear/best.pt --data ../shared/data/blood-smear
    python scripts/export_onnx.py --halve blood-smear --data ../shared/data/blood-smear    # an exported model
    python scripts/export_onnx.py --middle viability --data build/data/viability           # as well

The network becomes ONNX of few operators: batch norms and zero padding are folded into the convolutions. The
export fails unless ONNX Runtime gives the same features as PyTorch within 1e-4 on real images. Then the weights are
stored as float16, which fails when a logit moves by more than 0.02 or a class changes; --float32 leaves them alone.
"""

import argparse
import inspect
import io
import json
import warnings
from pathlib import Path

import numpy as np
import onnx
import onnxruntime
import torch
from onnx.reference import ReferenceEvaluator

from cytotrain.metrics import two_columns
from cytotrain.model_folder import ExportedModel, sha256, write_spec
from cytotrain.networks import NETWORKS, Classifier, draft_for
from cytotrain.prepare import decode, prepare
from cytotrain.safetensors import read_safetensors, write_safetensors
from cytotrain.tasks import MODELS_FOLDER, Sample, draft_spec, list_samples

OPSET = 13
TOLERANCE = 1e-4
HALF_TOLERANCE = 0.02
HALF_FROM_VALUES = 1_024  # smaller weights save nothing that is worth a node
ALLOWED_OPERATORS = {"Conv", "Clip", "Add", "Relu", "MaxPool", "Mul", "Sigmoid", "GlobalAveragePool"}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    source = parser.add_mutually_exclusive_group(required=True)
    source.add_argument("--checkpoint", type=Path, help="best.pt or last.pt written by train.py")
    source.add_argument("--halve", help="only store the weights of this exported model as float16")
    source.add_argument("--middle", help="only give this exported model an earlier layer's means as features, for novelty; evaluate.py then measures anew")
    parser.add_argument("--data", required=True, type=Path, help="folder of the images")
    parser.add_argument("--out", type=Path, help="the model's folder; models/<task> by default")
    parser.add_argument("--float32", action="store_true", help="keep the weights as float32")
    arguments = parser.parse_args()
    if name := arguments.halve or arguments.middle:
        folder = arguments.out or MODELS_FOLDER / name
        spec = json.loads((folder / "spec.json").read_text())
        change = halve if arguments.halve else give_middle
        return change(folder, real_inputs_of(spec, list_samples(arguments.data, spec)).numpy())

    checkpoint = torch.load(arguments.checkpoint, map_location="cpu")
    network = NETWORKS[checkpoint["network"]]
    folder = arguments.out or MODELS_FOLDER / checkpoint["task"]
    folder.mkdir(parents=True, exist_ok=True)
    # The words of a spec may have been written since; how images are prepared stays as it was in training.
    spec = draft_for(network, draft_spec(checkpoint["task"], arguments.data))
    spec |= {key: checkpoint["spec"][key] for key in ("input", "crop", "resize", "normalisation")}
    channels = 3 if spec["input"]["channels"] == "rgb" else 1
    model = Classifier(network, len(spec["classes"]), channels).eval()
    model.load_state_dict(checkpoint["model"])

    samples = list_samples(arguments.data, spec)
    real_inputs = real_inputs_of(spec, samples)
    with torch.no_grad():
        expected_features, expected_logits = model.features(real_inputs), model(real_inputs)

    graph = export_features(model.features, real_inputs[:2])
    (folder / "network.onnx").write_bytes(graph.SerializeToString())
    dense = model.dense_layers()
    head = {f"{name}.{kind}": getattr(layer, kind).detach().numpy() for name, layer in dense.items() for kind in ("weight", "bias")}
    (folder / "head.safetensors").write_bytes(write_safetensors(head))

    spec["network"] = {
        "file": "network.onnx",
        "sha256": sha256(folder / "network.onnx"),
        "bytes": (folder / "network.onnx").stat().st_size,
        "architecture": network.title,
        "parameters": sum(int(np.prod(tensor.dims)) for tensor in graph.graph.initializer if tensor.dims),
        "input": "image",
        "output": "features",
        "features": dict(zip(("channels", "height", "width"), expected_features.shape[1:])),
    }
    spec["head"] = {
        "file": "head.safetensors",
        "sha256": sha256(folder / "head.safetensors"),
        "layers": [
            {
                "name": name, "inputs": layer.in_features, "outputs": layer.out_features,
                "activation": "none" if name == list(dense)[-1] else "relu",
            }
            for name, layer in dense.items()
        ],
        "output": network.output,
    }
    spec["training"].pop("recipe", None)
    spec["training"]["images"] = {
        name: sum(s.part == part for s in samples)
        for name, part in [("train", "train"), ("validation", "val"), ("test", "test")]
    }
    spec["training"]["recipe"] = checkpoint["recipe"]
    # These belong to the network they were measured on; evaluate.py writes them anew.
    for measured in ("judge", "novelty", "metrics"):
        spec.pop(measured, None)
    write_spec(folder, spec)

    exported = ExportedModel(folder)
    features = exported.features(real_inputs.numpy())
    for name, got, expected in [
        ("features", features, expected_features), ("logits", exported.logits(features), expected_logits),
    ]:
        difference = float(np.abs(got - expected.numpy()).max())
        print(f"{name}: ONNX Runtime differs from PyTorch by at most {difference:.1e} on {len(real_inputs)} images")
        if not difference <= TOLERANCE:
            raise SystemExit(f"{name} differ by more than {TOLERANCE:.0e}: not exported faithfully")
    print(f"{folder / 'network.onnx'}: {spec['network']['bytes']:,} bytes, epoch {checkpoint['epoch']}")
    if not arguments.float32:
        halve(folder, real_inputs.numpy())


def real_inputs_of(spec: dict, samples: list[Sample]) -> torch.Tensor:
    """Every twentieth image of the validation part, prepared: N×C×H×W."""
    return torch.cat([prepare(decode(s.file), spec) for s in [s for s in samples if s.part == "val"][::20]])


def halve(folder: Path, inputs: np.ndarray) -> None:
    """Store an exported network's weights as float16 and record the file in the spec.

    Args:
        folder: models/<name>.
        inputs: prepared images N×C×H×W on which the effect is measured.
    Raises: SystemExit, with nothing written, when a logit moves by more than HALF_TOLERANCE or a class changes.
    """
    exported = ExportedModel(folder)
    network = exported.spec["network"]
    file = folder / network["file"]
    before = exported.logits(exported.features(inputs))
    model = onnx.load(file)
    store_halves(model.graph)
    onnx.checker.check_model(model, full_check=True)
    content = model.SerializeToString()
    session = onnxruntime.InferenceSession(content, providers=["CPUExecutionProvider"])
    after = exported.logits(session.run([network["output"]], {network["input"]: inputs})[0])
    difference = float(np.abs(after - before).max())
    changed = int((two_columns(after).argmax(1) != two_columns(before).argmax(1)).sum())
    print(f"float16 weights: logits move by at most {difference:.1e}, {changed} of {len(inputs)} classes change")
    if not difference <= HALF_TOLERANCE or changed:
        raise SystemExit("float16 is not enough for this network; --float32 keeps its weights")
    print(f"{file}: {network['bytes']:,} bytes as float32, {len(content):,} now")
    file.write_bytes(content)
    network |= {"sha256": sha256(file), "bytes": len(content)}
    write_spec(folder, exported.spec)


def store_halves(graph: onnx.GraphProto) -> None:
    """Store the large weights of Conv and Gemm as float16, each with a Cast to float32 that bears its name.

    A standard graph, which engines fold when they load it; biases stay float32.
    """
    initialisers = {tensor.name: tensor for tensor in graph.initializer}
    weights = dict.fromkeys(node.input[1] for node in graph.node if node.op_type in ("Conv", "Gemm"))
    casts = []
    for tensor in [initialisers[name] for name in weights if name in initialisers]:
        values = onnx.numpy_helper.to_array(tensor)
        if values.dtype != np.float32 or values.size < HALF_FROM_VALUES:
            continue
        half_name = f"{tensor.name}_half"
        casts.append(onnx.helper.make_node("Cast", [half_name], [tensor.name], to=onnx.TensorProto.FLOAT))
        tensor.CopyFrom(onnx.numpy_helper.from_array(values.astype(np.float16), half_name))
    nodes = [*casts, *graph.node]
    del graph.node[:]
    graph.node.extend(nodes)


def give_middle(folder: Path, inputs: np.ndarray) -> None:
    """Append the means of an earlier layer to an exported network's features, with zeros for them in its head.

    Args: as of `halve`.
    Raises: SystemExit, with nothing written, when a logit moves by more than TOLERANCE.
    """
    exported = ExportedModel(folder)
    spec, before = exported.spec, exported.logits(exported.features(inputs))
    model = onnx.load(folder / spec["network"]["file"])
    channels = append_middle(model)
    store_halves(model.graph)
    onnx.checker.check_model(model, full_check=True)
    content = model.SerializeToString()
    session = onnxruntime.InferenceSession(content, providers=["CPUExecutionProvider"])
    features = session.run([spec["network"]["output"]], {spec["network"]["input"]: inputs})[0]
    tensors = read_safetensors((folder / spec["head"]["file"]).read_bytes())
    first = spec["head"]["layers"][0]
    weight = f"{first['name']}.weight"
    tensors[weight] = np.pad(tensors[weight], ((0, 0), (0, channels)))
    exported.layers[0] = (tensors[weight], *exported.layers[0][1:])
    difference = float(np.abs(exported.logits(features) - before).max())
    print(f"{channels} more features: logits move by at most {difference:.1e}")
    if not difference <= TOLERANCE:
        raise SystemExit("the network does not compute what it did")
    (folder / spec["network"]["file"]).write_bytes(content)
    (folder / spec["head"]["file"]).write_bytes(write_safetensors(tensors))
    first["inputs"] += channels
    spec["head"]["sha256"] = sha256(folder / spec["head"]["file"])
    spec["network"] |= {
        "sha256": sha256(folder / spec["network"]["file"]), "bytes": len(content),
        "parameters": sum(int(np.prod(tensor.dims)) for tensor in model.graph.initializer if tensor.dims),
        "features": {**spec["network"]["features"], "channels": features.shape[1]},
    }
    for measured in ("novelty", "metrics"):
        spec.pop(measured, None)
    write_spec(folder, spec)


def append_middle(model: onnx.ModelProto) -> int:
    """Let a network give the last sum before its last stride as further features, averaged to their size.

    What tells a foreign image may be gone from the last features, since it does not tell the classes apart; Lee et al. 2018, section 2.2.
    Of Conv and Add, which every engine has: the last convolution gets rows of zeros, to which the means are added.

    Returns: number of channels appended.
    Raises: ValueError when the network has no such sum, or does not end in a convolution and an activation.
    """
    graph = model.graph
    shapes = {
        value.name: [dimension.dim_value for dimension in value.type.tensor_type.shape.dim]
        for value in onnx.shape_inference.infer_shapes(model).graph.value_info
    }
    [output] = graph.output
    _, own, height, width = (dimension.dim_value for dimension in output.type.tensor_type.shape.dim)
    sums = [node.output[0] for node in graph.node if node.op_type == "Add" and shapes[node.output[0]][2:] == [2 * height, 2 * width]]
    *_, last, active = graph.node
    if not sums or last.op_type != "Conv" or list(active.output) != [output.name] or active.input[0] != last.output[0]:
        raise ValueError("the network does not end in a convolution and an activation, or has no sum at twice its size")
    channels = shapes[sums[-1]][1]
    for tensor in graph.initializer:
        if tensor.name.removesuffix("_half") in last.input[1:3]:
            values = onnx.numpy_helper.to_array(tensor)
            tensor.CopyFrom(onnx.numpy_helper.from_array(np.pad(values, ((0, channels), *[(0, 0)] * (values.ndim - 1))), tensor.name))
    active.output[0] = "features_own"
    mean = np.eye(channels, dtype=np.float32)[:, :, None, None] * np.full((1, 1, 2, 2), 0.25, np.float32)
    placed = np.zeros((own + channels, channels, 1, 1), np.float32)
    placed[own:, :, 0, 0] = np.eye(channels)
    make = onnx.helper.make_node
    graph.initializer.extend([onnx.numpy_helper.from_array(values, name) for values, name in [(mean, "middle_mean"), (placed, "middle_placed")]])
    graph.node.extend([
        make("Conv", [sums[-1], "middle_mean"], ["middle_pooled"], kernel_shape=[2, 2], strides=[2, 2]),
        make("Conv", ["middle_pooled", "middle_placed"], ["features_middle"], kernel_shape=[1, 1]),
        make("Add", ["features_own", "features_middle"], [output.name]),
    ])
    # The sizes that the exporter noted are no longer all true; they can be inferred.
    del graph.value_info[:]
    fix_output_shape(graph, (own + channels, height, width))
    return channels


def export_features(features: torch.nn.Module, example: torch.Tensor) -> onnx.ModelProto:
    """Export a feature extractor with its batch norms and padding folded.

    Args:
        features: network in evaluation mode.
        example: input of the exported size, N×C×H×W.
    Returns: a checked model, input "image" and output "features", batch axis "N".
    Raises: ValueError when an operator is left that the engines do not promise.
    """
    # PyTorch from 2.9 on takes another exporter by default, which needs a further package.
    is_new = "dynamo" in inspect.signature(torch.onnx.export).parameters
    buffer = io.BytesIO()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        torch.onnx.export(
            features, example, buffer, opset_version=OPSET, input_names=["image"], output_names=["features"],
            dynamic_axes={"image": {0: "N"}, "features": {0: "N"}}, **({"dynamo": False} if is_new else {}),
        )
    model = onnx.load_from_string(buffer.getvalue())
    fold_constants(model.graph)
    fold_padding(model.graph)
    fix_output_shape(model.graph, tuple(features(example).shape[1:]))
    onnx.checker.check_model(model, full_check=True)
    unexpected = {node.op_type for node in model.graph.node} - ALLOWED_OPERATORS
    if unexpected:
        raise ValueError(f"operators {sorted(unexpected)} are left in the graph")
    return model


def fold_constants(graph: onnx.GraphProto) -> None:
    """Compute every node that depends on constants only; equal results are kept once.

    The exporter writes the bounds of Clip and the amounts of Pad as such nodes.
    """
    known = {tensor.name: onnx.numpy_helper.to_array(tensor) for tensor in graph.initializer}
    first_of: dict[tuple, str] = {}
    renamed: dict[str, str] = {}
    for node in list(graph.node):
        node.input[:] = [renamed.get(name, name) for name in node.input]
        if not all(name in known for name in node.input if name):
            continue
        feeds = {name: known[name] for name in node.input if name}
        [result] = ReferenceEvaluator(node, opsets={"": OPSET}).run(None, feeds)
        graph.node.remove(node)
        name = first_of.setdefault((str(result.dtype), result.shape, result.tobytes()), node.output[0])
        renamed[node.output[0]] = name
        if name not in known:
            known[name] = result
            graph.initializer.append(onnx.numpy_helper.from_array(result, name))


def fold_padding(graph: onnx.GraphProto) -> None:
    """Fold constant zero Pad nodes into the `pads` of the convolution that follows: fewer nodes and copies.

    Source: ONNX operators Pad and Conv; Pad lists all axes' begins, then all ends, Conv the spatial ones only.
    """
    initialisers = {tensor.name: onnx.numpy_helper.to_array(tensor) for tensor in graph.initializer}
    for pad in [node for node in graph.node if node.op_type == "Pad"]:
        [conv] = [node for node in graph.node if pad.output[0] in node.input]
        amounts = initialisers[pad.input[1]].tolist()
        value = initialisers[pad.input[2]].item() if len(pad.input) > 2 and pad.input[2] else 0
        rank = len(amounts) // 2
        if conv.op_type != "Conv" or value != 0 or any(amounts[axis] or amounts[rank + axis] for axis in (0, 1)):
            continue
        attribute = next(a for a in conv.attribute if a.name == "pads")
        spatial = amounts[2:rank] + amounts[rank + 2:]
        attribute.ints[:] = [have + more for have, more in zip(attribute.ints, spatial)]
        conv.input[0] = pad.input[0]
        graph.node.remove(pad)
    used = {name for node in graph.node for name in node.input}
    for tensor in [tensor for tensor in graph.initializer if tensor.name not in used]:
        graph.initializer.remove(tensor)


def fix_output_shape(graph: onnx.GraphProto, shape: tuple[int, ...]) -> None:
    """State the output as N×shape; the exporter leaves computed sizes unnamed."""
    [output] = graph.output
    for dimension, size in zip(output.type.tensor_type.shape.dim[1:], shape):
        dimension.dim_value = size


if __name__ == "__main__":
    main()
