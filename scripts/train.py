"""Fine-tune a pre-trained network for one task; can be stopped at any time and started again.

    python scripts/train.py --task blood-smear --network mobilenet_v2_0.35 \
        --data ../shared/data/blood-smear --weights ../shared/weights --out build/train/blood-smear

The output folder receives checkpoint.pt (everything needed to go on), best.pt (the averaged weights that did
best on the validation part) and log.txt. The test part is never read here.
"""

import argparse
import copy
import math
import os
import time
from pathlib import Path

# Threads that spin while they wait make training several times slower as soon as anything else runs.
os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")

import numpy as np
import torch
from torch.nn import functional

from cytotrain.augment import augment
from cytotrain.metrics import fit_temperature, negative_log_likelihood
from cytotrain.networks import NETWORKS, Classifier, load_pretrained
from cytotrain.prepare import composite_on_white, crop, decode, normalise, prepare
from cytotrain.tasks import TASKS, Sample, Task


def main() -> None:
    arguments = parse_arguments()
    torch.set_num_threads(arguments.threads)
    arguments.out.mkdir(parents=True, exist_ok=True)
    task, network = TASKS[arguments.task], NETWORKS[arguments.network]
    spec = task.spec()
    samples = task.samples(arguments.data)
    crops, labels = load_training_part(task, samples, arguments.out / "train.npy")
    val_inputs, val_labels = load_validation_part(spec, samples)

    torch.manual_seed(arguments.seed)
    model = Classifier(network, len(spec["classes"]))
    load_pretrained(model, network, arguments.weights)
    model = model.to(memory_format=torch.channels_last)
    average = copy.deepcopy(model).eval()
    optimiser = make_optimiser(model, arguments.learning_rate)
    steps_per_epoch = len(labels) // arguments.batch
    state = {"epoch": 0, "best": (-1, 0.0)}

    checkpoint_file = arguments.out / "checkpoint.pt"
    if checkpoint_file.is_file():
        saved = torch.load(checkpoint_file, map_location="cpu")
        model.load_state_dict(saved["model"])
        average.load_state_dict(saved["average"])
        optimiser.load_state_dict(saved["optimiser"])
        state = saved["state"]

    while state["epoch"] < arguments.epochs:
        started = time.monotonic()
        # Every epoch has its own seed, so that a resumed run draws the same numbers as an unbroken one.
        torch.manual_seed(arguments.seed * 100_003 + state["epoch"])
        model.train()
        order = torch.randperm(len(labels))
        losses = []
        for step in range(steps_per_epoch):
            steps_done = state["epoch"] * steps_per_epoch + step
            set_learning_rate(optimiser, steps_done / (arguments.epochs * steps_per_epoch))
            chosen = order[step * arguments.batch:(step + 1) * arguments.batch]
            batch = augment(torch.from_numpy(crops[chosen.numpy()]).permute(0, 3, 1, 2), spec["input"]["width_px"])
            batch = normalise(batch * 255, spec["normalisation"]).contiguous(memory_format=torch.channels_last)
            loss = functional.cross_entropy(model(batch), labels[chosen], label_smoothing=arguments.label_smoothing)
            optimiser.zero_grad()
            loss.backward()
            optimiser.step()
            update_average(average, model, steps_done)
            losses.append(loss.item())
        state["epoch"] += 1
        correct, nll = validate(average, val_inputs, val_labels)
        is_best = (correct, -nll) > tuple(state["best"])
        if is_best:
            state["best"] = (correct, -nll)
            save(arguments.out / "best.pt", describe(arguments, average, state["epoch"]))
        line = (
            f"epoch {state['epoch']:3d}/{arguments.epochs}  loss {np.mean(losses):.4f}  val {correct}/{len(val_labels)}"
            f"  nll {nll:.4f}  {time.monotonic() - started:.0f} s{'  best' if is_best else ''}"
        )
        print(line, flush=True)
        with (arguments.out / "log.txt").open("a") as log:
            log.write(line + "\n")
        parts = {"model": model, "average": average, "optimiser": optimiser}
        save(checkpoint_file, {**{name: part.state_dict() for name, part in parts.items()}, "state": state})
    save(arguments.out / "last.pt", describe(arguments, average, state["epoch"]))


def parse_arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--task", required=True, choices=TASKS)
    parser.add_argument("--network", required=True, choices=NETWORKS)
    parser.add_argument("--data", required=True, type=Path, help="folder of the images with index.csv")
    parser.add_argument("--weights", required=True, type=Path, help="folder of the pre-trained weights")
    parser.add_argument("--out", required=True, type=Path, help="folder for checkpoints and log")
    parser.add_argument("--epochs", type=int, default=60)
    parser.add_argument("--batch", type=int, default=64)
    parser.add_argument("--learning-rate", type=float, default=2e-3)
    parser.add_argument("--label-smoothing", type=float, default=0.1)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--threads", type=int, default=2)
    return parser.parse_args()


def load_training_part(task: Task, samples: list[Sample], cache_file: Path) -> tuple[np.ndarray, torch.Tensor]:
    """Decode and crop the training part once, and keep it as one array.

    Returns: N×side×side×3 uint8 mapped from the cache file, and N labels.
    """
    train = [sample for sample in samples if sample.part == "train"]
    if not cache_file.is_file():
        rule = task.spec()["crop"]
        pixels = np.stack([crop(composite_on_white(decode(sample.file)), rule) for sample in train])
        partial = cache_file.with_suffix(".partial.npy")
        np.save(partial, pixels)
        os.replace(partial, cache_file)
    return np.load(cache_file, mmap_mode="r"), torch.tensor([sample.label for sample in train])


def load_validation_part(spec: dict, samples: list[Sample]) -> tuple[torch.Tensor, torch.Tensor]:
    """Prepare the validation part exactly as users' images are prepared."""
    val = [sample for sample in samples if sample.part == "val"]
    inputs = torch.cat([prepare(decode(sample.file), spec) for sample in val])
    return inputs, torch.tensor([sample.label for sample in val])


def make_optimiser(model: Classifier, learning_rate: float) -> torch.optim.Optimizer:
    """AdamW; the new head learns faster, and biases and batch norms are not decayed."""
    groups = []
    for module, factor in [(model.features, 1.0), (model.dense_0, 2.0)]:
        for is_matrix in (True, False):
            groups.append({
                "params": [p for p in module.parameters() if (p.dim() > 1) == is_matrix],
                "weight_decay": 0.05 if is_matrix else 0.0,
                "peak": learning_rate * factor,
            })
    return torch.optim.AdamW(groups, lr=learning_rate)


def set_learning_rate(optimiser: torch.optim.Optimizer, progress: float, warm_up: float = 0.05) -> None:
    """Linear warm-up, then half a cosine to a hundredth of the peak."""
    if progress < warm_up:
        share = progress / warm_up
    else:
        share = 0.01 + 0.99 * (1 + math.cos(math.pi * (progress - warm_up) / (1 - warm_up))) / 2
    for group in optimiser.param_groups:
        group["lr"] = group["peak"] * share


@torch.no_grad()
def update_average(average: Classifier, model: Classifier, step: int) -> None:
    """Exponential moving average of weights and batch norm statistics, faster in the first steps."""
    decay = min(0.998, (1 + step) / (10 + step))
    for kept, new in zip(average.state_dict().values(), model.state_dict().values()):
        if kept.dtype.is_floating_point:
            kept.lerp_(new, 1 - decay)


@torch.no_grad()
def validate(model: Classifier, inputs: torch.Tensor, labels: torch.Tensor) -> tuple[int, float]:
    """Return the number of correct labels, and the negative log-likelihood at the best temperature."""
    batches = (batch.contiguous(memory_format=torch.channels_last) for batch in inputs.split(64))
    logits = torch.cat([model(batch) for batch in batches]).numpy()
    # Label smoothing lowers confidence as training goes on; without the temperature it would look like getting worse.
    nll = negative_log_likelihood(logits / fit_temperature(logits, labels.numpy()), labels.numpy())
    return int((logits.argmax(1) == labels.numpy()).sum()), nll


def describe(arguments: argparse.Namespace, model: Classifier, epoch: int) -> dict:
    """What export_onnx.py needs to know; the recipe leaves out folders and threads, which do not matter."""
    names = ("task", "network", "epochs", "batch", "learning_rate", "label_smoothing", "seed")
    recipe = " ".join(f"--{name.replace('_', '-')} {getattr(arguments, name)}" for name in names)
    return {
        "task": arguments.task,
        "network": arguments.network,
        "epoch": epoch,
        "recipe": f"python scripts/train.py {recipe}",
        "model": model.state_dict(),
    }


def save(file: Path, content: dict) -> None:
    """Write beside and rename, so that a killed run leaves the old file whole."""
    partial = file.with_suffix(".partial")
    torch.save(content, partial)
    os.replace(partial, file)


if __name__ == "__main__":
    main()
