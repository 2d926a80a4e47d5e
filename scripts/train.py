"""Train a network for one task; can be stopped at any time and started again.

    python scripts/train.py --task blood-smear --network mobilenet_v2_0.35 \
        --data ../shared/data/blood-smear --weights ../shared/weights --out build/train/blood-smear
    python scripts/train.py --task my-cells --network mobilenet_v2_0.35 --data MY_FOLDER --weights WEIGHTS --out OUT

The data folder holds index.csv, or one sub-folder of images for each class. The output folder receives checkpoint.pt
(everything needed to go on), best.pt (the weights that did best on the validation part) and log.txt. The test part is
never read here.
"""

import argparse
import copy
import math
import os
import time
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Callable

# Threads that spin while they wait make training several times slower as soon as anything else runs.
os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")

import numpy as np
import torch
from torch.nn import functional

from cytotrain.augment import augment
from cytotrain.metrics import fit_temperature, negative_log_likelihood, two_columns
from cytotrain.networks import NETWORKS, Classifier, Network, StyleMixing, draft_for, load_pretrained
from cytotrain.prepare import composite_on_white, crop, decode, prepare, ranged, resize, to_channels
from cytotrain.recipes import RECIPES, Recipe
from cytotrain.tasks import Sample, draft_spec, list_samples


def main() -> None:
    arguments = parse_arguments()
    device = torch.device(arguments.device)
    torch.set_num_threads(arguments.threads)
    arguments.out.mkdir(parents=True, exist_ok=True)
    network = NETWORKS[arguments.network]
    recipe = replace(RECIPES[arguments.recipe or network.recipe], **chosen_settings(arguments))
    spec = draft_for(network, draft_spec(arguments.task, arguments.data), arguments.side)
    samples = list_samples(arguments.data, spec)
    crops, labels = load_training_part(spec, [sample for sample in samples if sample.part == "train"], arguments.out / "train.npy")
    also = load_also(arguments, spec)
    val_inputs, val_labels = load_validation_part(spec, samples)
    used = torch.randperm(len(labels), generator=torch.Generator().manual_seed(arguments.seed))[:arguments.images].sort()[0].tolist()
    print(f"{len(used)} images to train, {len(val_labels)} to validate, {len(spec['classes'])} classes", flush=True)

    torch.manual_seed(arguments.seed)
    channels = 3 if spec["input"]["channels"] == "rgb" else 1
    model = Classifier(network, len(spec["classes"]), channels)
    some = crops[:: max(1, len(crops) // 256)]
    origin = fill_at_start(model, network, arguments, lambda: make_batch(np.array(some), torch.ones(len(some), dtype=torch.bool), spec, recipe))
    teacher = None
    if arguments.teacher:
        teacher, lesson = load_teacher(arguments.teacher, spec)
        teacher, origin = teacher.to(device, memory_format=torch.channels_last), f"{origin} (taught by {lesson})"
    print(f"{network.title}{origin}", flush=True)
    model = model.to(device, memory_format=torch.channels_last)
    average = copy.deepcopy(model).eval()
    if recipe.style_mixing:
        StyleMixing(recipe.style_mixing).watch(model)
    optimiser = make_optimiser(model, recipe)
    state = {"epoch": 0, "best": (-1, 0.0)}

    checkpoint_file = arguments.out / "checkpoint.pt"
    if checkpoint_file.is_file():
        saved = torch.load(checkpoint_file, map_location="cpu")
        model.load_state_dict(saved["model"])
        average.load_state_dict(saved["average"])
        optimiser.load_state_dict(saved["optimiser"])
        state = saved["state"]

    while state["epoch"] < recipe.epochs:
        started = time.monotonic()
        # Every epoch has its own seed, so that a resumed run draws the same numbers as an unbroken one.
        torch.manual_seed(arguments.seed * 100_003 + state["epoch"])
        model.train()
        # The paper's doubled set: every image as it is and changed.
        shown = [(index, is_changed) for is_changed in ((False, True) if recipe.doubled else (True,)) for index in used]
        order = torch.randperm(len(shown)).tolist()
        others = round(ALSO_SHARE * recipe.batch) if also else 0
        own = recipe.batch - others
        steps_per_epoch = len(order) // own
        losses = []
        for step in range(steps_per_epoch):
            steps_done = state["epoch"] * steps_per_epoch + step
            set_learning_rate(optimiser, recipe, steps_done / (recipe.epochs * steps_per_epoch))
            chosen = [shown[position] for position in order[step * own:(step + 1) * own]]
            indices = np.array([index for index, _ in chosen])
            shown_crops, shown_labels = crops[indices], labels[indices]
            if also:
                drawn = torch.multinomial(also.weights, others, replacement=True)
                shown_crops, shown_labels = np.concatenate([shown_crops, also.crops[drawn.numpy()]]), torch.cat([shown_labels, also.labels[drawn]])
            is_changed = torch.tensor([is_changed for _, is_changed in chosen] + [True] * others)
            batch = make_batch(shown_crops, is_changed, spec, recipe)
            batch = batch.to(device, memory_format=torch.channels_last)
            with torch.autocast(device.type, torch.bfloat16, enabled=arguments.bfloat16):
                logits = model(batch)
            loss = loss_of(logits.float(), shown_labels.to(device), recipe.label_smoothing)
            if teacher:
                with torch.no_grad():
                    told = teacher(batch).softmax(1)
                loss = (loss + functional.cross_entropy(logits.float(), told)) / 2
            optimiser.zero_grad()
            loss.backward()
            optimiser.step()
            update_average(average, model, min(recipe.average_decay, (1 + steps_done) / (10 + steps_done)))
            losses.append(loss.item())
        state["epoch"] += 1
        correct, nll = validate(average, val_inputs, val_labels, device)
        is_best = (correct, -nll) > tuple(state["best"])
        if is_best:
            state["best"] = (correct, -nll)
            save(arguments.out / "best.pt", describe(arguments, recipe, origin, spec, average, state["epoch"]))
        line = (
            f"epoch {state['epoch']:3d}/{recipe.epochs}  loss {np.mean(losses):.4f}  val {correct}/{len(val_labels)}"
            f"  nll {nll:.4f}  {time.monotonic() - started:.0f} s{'  best' if is_best else ''}"
        )
        print(line, flush=True)
        with (arguments.out / "log.txt").open("a") as log:
            log.write(line + "\n")
        parts = {"model": model, "average": average, "optimiser": optimiser}
        save(checkpoint_file, {**{name: part.state_dict() for name, part in parts.items()}, "state": state})
    save(arguments.out / "last.pt", describe(arguments, recipe, origin, spec, average, state["epoch"]))


def parse_arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--task", required=True, help="name of a folder under models/, or a new name")
    parser.add_argument("--network", required=True, choices=NETWORKS)
    parser.add_argument("--data", required=True, type=Path, help="folder of the images")
    parser.add_argument("--weights", type=Path, help="folder of the pre-trained weights; without it training starts from random ones")
    parser.add_argument("--start", type=Path, help="folder of an exported model of the same network, or a best.pt, that training goes on from")
    parser.add_argument("--teacher", type=Path, help="best.pt or last.pt of a larger network, whose opinion counts as much as the labels")
    parser.add_argument("--also", type=Path, help="folder with index.csv of images of other laboratories, with the column laboratory")
    parser.add_argument("--laboratories", nargs="*", help="these of them only, where another is to be judged by")
    parser.add_argument("--out", required=True, type=Path, help="folder for checkpoints and log")
    parser.add_argument("--recipe", choices=RECIPES, help="the network's own by default")
    parser.add_argument("--side", type=int, help="width and height of the network's input in pixels, a multiple of 32; the task's own by default")
    parser.add_argument("--images", type=int, help="train on this many, drawn at random, where a run has to be short; on all by default")
    parser.add_argument("--epochs", type=int)
    parser.add_argument("--batch", type=int)
    parser.add_argument("--learning-rate", type=float)
    parser.add_argument("--label-smoothing", type=float)
    parser.add_argument("--average-decay", type=float, help="of the moving average of the weights; 0 keeps the weights themselves")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--bfloat16", action="store_true", help="multiply in 16 bits, twice as fast for ResNet-50 where the processor can")
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--device", default="cuda" if torch.cuda.is_available() else "cpu")
    return parser.parse_args()


SETTINGS = ("epochs", "batch", "learning_rate", "label_smoothing", "average_decay")


def chosen_settings(arguments: argparse.Namespace) -> dict:
    return {name: getattr(arguments, name) for name in SETTINGS if getattr(arguments, name) is not None}


def fill_at_start(model: Classifier, network: Network, arguments: argparse.Namespace, some_batch: Callable[[], torch.Tensor]) -> str:
    """Fill a new model with the weights that training starts from. Returns: where they come from, for the record."""
    if arguments.start and arguments.start.suffix == ".pt":
        saved = torch.load(arguments.start, map_location="cpu")
        model.load_state_dict(saved["model"])
        return f" (goes on from {saved['recipe']})"
    if arguments.start:
        # Only this needs the package onnx.
        from cytotrain.restore import restore
        return f" (goes on from {restore(model, arguments.start, some_batch())})"
    if arguments.weights and network.weights_file:
        load_pretrained(model, network, arguments.weights)
        return ""
    return " (from random weights)"


def load_teacher(checkpoint_file: Path, spec: dict) -> tuple[Classifier, str]:
    """Load a trained network whose opinions training may follow. Returns: it, and the command that made it.

    Raises: ValueError when it takes other inputs or has other outputs.
    """
    saved = torch.load(checkpoint_file, map_location="cpu")
    network = NETWORKS[saved["network"]]
    if network.output != "softmax" or any(saved["spec"][key] != spec[key] for key in ("input", "crop", "normalisation")):
        raise ValueError(f"{checkpoint_file} takes other inputs than the network to train")
    teacher = Classifier(network, len(spec["classes"]), 3 if spec["input"]["channels"] == "rgb" else 1).eval()
    teacher.load_state_dict(saved["model"])
    return teacher, saved["recipe"]


ALSO_SHARE = 0.15
"""Of every batch: images of other laboratories."""


@dataclass(frozen=True)
class Also:
    """Images of other laboratories: N×C×H×W, N labels, and how often each is drawn: every type equally often."""

    crops: np.ndarray
    labels: torch.Tensor
    weights: torch.Tensor


def load_also(arguments: argparse.Namespace, spec: dict) -> Also | None:
    if not arguments.also:
        return None
    samples = [sample for sample in list_samples(arguments.also, spec) if not arguments.laboratories or sample.part in arguments.laboratories]
    if not samples:
        raise ValueError(f"{arguments.also} has no image of these laboratories")
    crops, labels = load_training_part(spec, samples, arguments.out / "also.npy")
    return Also(crops, labels, 1 / torch.bincount(labels)[labels].float())


def load_training_part(spec: dict, train: list[Sample], cache_file: Path) -> tuple[np.ndarray, torch.Tensor]:
    """Decode and crop images to learn from once, and keep them as one array.

    Crops of different sizes are brought to twice the input's size. Where the spec brings stains to those of one laboratory, so are they.

    Returns: N×C×H×W (uint8 where no image has more bits) mapped from the cache file, and N labels.
    """
    labels = torch.tensor([sample.label for sample in train])
    if not cache_file.is_file():
        whole = (composite_on_white(decode(sample.file)) for sample in train)
        pixels = [to_range(image, spec) for image in whole]
        is_deep = any(image.dtype == np.uint16 for image in pixels)
        planes = [to_channels(image, spec["input"]["channels"]) for image in pixels]
        if len({plane.shape for plane in planes}) > 1:
            height, width = 2 * spec["input"]["height_px"], 2 * spec["input"]["width_px"]
            planes = [resize(plane, "bilinear_antialiased", height, width) for plane in planes]
        stacked = torch.cat(planes)
        partial = cache_file.with_suffix(".partial.npy")
        np.save(partial, (stacked if is_deep else stacked.round().to(torch.uint8)).numpy())
        os.replace(partial, cache_file)
    return np.load(cache_file, mmap_mode="r"), labels


def to_range(image: np.ndarray, spec: dict) -> np.ndarray:
    """Crop an opaque image, and bring a stained one to the colours of one laboratory: H×W×C of its own type."""
    cut = crop(image, spec["crop"])
    if spec["input"].get("range") != "stained_cell":
        return cut
    return ranged(to_channels(cut, "rgb"), image, spec["input"])[0].permute(1, 2, 0).round().clamp(0, 255).byte().numpy()


def load_validation_part(spec: dict, samples: list[Sample]) -> tuple[torch.Tensor, torch.Tensor]:
    """Prepare the validation part exactly as users' images are prepared."""
    val = [sample for sample in samples if sample.part == "val"]
    inputs = torch.cat([prepare(decode(sample.file), spec) for sample in val])
    return inputs, torch.tensor([sample.label for sample in val])


def make_batch(crops: np.ndarray, chosen: torch.Tensor, spec: dict, recipe: Recipe) -> torch.Tensor:
    """Make the network's input of some crops, the chosen ones changed at random, the others as a user's image is prepared."""
    pixels = torch.from_numpy(crops).float()
    batch = torch.empty(len(pixels), pixels.shape[1], spec["input"]["height_px"], spec["input"]["width_px"])
    if chosen.any():
        batch[chosen] = augment(pixels[chosen], spec, recipe.augmentation)
    for index in torch.nonzero(~chosen).ravel().tolist():
        batch[index] = prepare(pixels[index].permute(1, 2, 0).numpy(), {**spec, "crop": {"rule": "none"}})[0]
    return batch


def loss_of(logits: torch.Tensor, labels: torch.Tensor, label_smoothing: float) -> torch.Tensor:
    """Cross-entropy; of one logit, that of the second of two classes."""
    if logits.shape[1] == 1:
        return functional.binary_cross_entropy_with_logits(logits[:, 0], labels.float())
    return functional.cross_entropy(logits, labels, label_smoothing=label_smoothing)


def make_optimiser(model: Classifier, recipe: Recipe) -> torch.optim.Optimizer:
    """Adam, or AdamW with a faster new head, and no decay of biases and batch norms."""
    if recipe.optimiser == "adam":
        return torch.optim.Adam(model.parameters(), lr=recipe.learning_rate)
    groups = []
    heads = torch.nn.ModuleList(model.dense_layers().values())
    for module, factor in [(model.features, 1.0), (heads, 2.0)]:
        for is_matrix in (True, False):
            groups.append({
                "params": [p for p in module.parameters() if (p.dim() > 1) == is_matrix],
                "weight_decay": 0.05 if is_matrix else 0.0,
                "peak": recipe.learning_rate * factor,
            })
    return torch.optim.AdamW(groups, lr=recipe.learning_rate)


def set_learning_rate(optimiser: torch.optim.Optimizer, recipe: Recipe, progress: float, warm_up: float = 0.05) -> None:
    """Linear warm-up, then half a cosine to a hundredth of the peak; Adam's rate is constant."""
    if recipe.optimiser == "adam":
        return
    if progress < warm_up:
        share = progress / warm_up
    else:
        share = 0.01 + 0.99 * (1 + math.cos(math.pi * (progress - warm_up) / (1 - warm_up))) / 2
    for group in optimiser.param_groups:
        group["lr"] = group["peak"] * share


@torch.no_grad()
def update_average(average: Classifier, model: Classifier, decay: float) -> None:
    """Exponential moving average of weights and batch norm statistics."""
    for kept, new in zip(average.state_dict().values(), model.state_dict().values()):
        if kept.dtype.is_floating_point:
            kept.lerp_(new, 1 - decay)


@torch.no_grad()
def validate(model: Classifier, inputs: torch.Tensor, labels: torch.Tensor, device: torch.device) -> tuple[int, float]:
    """Return the number of correct labels, and the negative log-likelihood at the best temperature."""
    model.eval()
    batches = (batch.to(device).contiguous(memory_format=torch.channels_last) for batch in inputs.split(64))
    logits = two_columns(torch.cat([model(batch).cpu() for batch in batches]).numpy())
    # Label smoothing lowers confidence as training goes on; without the temperature it would look like getting worse.
    nll = negative_log_likelihood(logits / fit_temperature(logits, labels.numpy()), labels.numpy())
    return int((logits.argmax(1) == labels.numpy()).sum()), nll


def describe(arguments: argparse.Namespace, recipe: Recipe, origin: str, spec: dict, model: Classifier, epoch: int) -> dict:
    """What export_onnx.py needs to know; the recipe leaves out folders and threads, which do not matter."""
    named = {"task": arguments.task, "network": arguments.network, "recipe": arguments.recipe or NETWORKS[arguments.network].recipe}
    options = {name: getattr(arguments, name) for name in ("side", "images") if getattr(arguments, name)}
    if arguments.also:
        options["also"] = " ".join([arguments.also.name, *(["--laboratories", *arguments.laboratories] if arguments.laboratories else [])])
    settings = {**named, **options, **{name: getattr(recipe, name) for name in SETTINGS}, "seed": arguments.seed}
    words = " ".join(f"--{name.replace('_', '-')} {value}" for name, value in settings.items()) + " --bfloat16" * arguments.bfloat16
    return {
        "task": arguments.task,
        "network": arguments.network,
        "epoch": epoch,
        "recipe": f"python scripts/train.py {words}{origin}{f' (epoch {epoch} kept)' if epoch < recipe.epochs else ''}",
        "spec": spec,
        "model": {name: tensor.cpu() for name, tensor in model.state_dict().items()},
    }


def save(file: Path, content: dict) -> None:
    """Write beside and rename, so that a killed run leaves the old file whole."""
    partial = file.with_suffix(".partial")
    torch.save(content, partial)
    os.replace(partial, file)


if __name__ == "__main__":
    main()
