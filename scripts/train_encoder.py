"""Train a network of our own for the encoder: one trunk, a head for each task, and pictures known again after changes.

    python scripts/prepare_data.py --data ../shared/data --out build/data
    python scripts/train_encoder.py --data ../shared/data --prepared build/data --weights ../shared/weights \
        --without cell-cycle viability --out build/train/encoder-without-cell-cycle-viability
    python scripts/measure_encoder.py --data ../shared/data --prepared build/data \
        --encoder build/train/encoder-without-cell-cycle-viability/encoder --compare

Starts from ImageNet's weights. Every picture is shown twice, changed in two ways: the heads name both, and the two are
to be more alike than any others of the batch (Chen et al. 2020, SimCLR). Can be stopped and started again. Writes
`encoder/`, a copy of models/cell-encoder with the network as a third one. What is left out can be measured as new.
"""

import argparse
import copy
import json
import math
import os
import random
import shutil
import time
from pathlib import Path

os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")

import numpy as np
import torch
from torch import nn
from torch.nn import functional

from build_encoder import write_network
from cytotrain.augment import add_noise, change_some, move, recolour, recompress, refocus, restain
from cytotrain.model_folder import format_json
from cytotrain.networks import NETWORKS, Classifier, load_pretrained
from cytotrain.prepare import decode, is_grey, prepare
from cytotrain.tasks import MODELS_FOLDER, list_files
from export_onnx import export_features, store_halves
from measure_encoder import framed
from train import save, update_average

TASKS = ("blood-smear", "cancer-lines", "cell-cycle", "viability", "prostate-lines", "flask-positions")
CUT_OUT = ("cancer-lines",)
MOST_IMAGES = 4_000
"""Of one task, drawn at random."""
SIDE_PX, ROOM_PX = 128, 16
"""Of the network's input, and how much larger pictures are kept."""
IMAGES, DECAY, TEMPERATURE, PROJECTED = 64, 0.998, 0.2, 128
WARM_UP, SAVE_EVERY = 100, 50


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", required=True, type=Path, help="folder of the data sets")
    parser.add_argument("--prepared", required=True, type=Path, help="what prepare_data.py wrote")
    parser.add_argument("--weights", required=True, type=Path, help="folder with mobilenet_v2_0.35.pth")
    parser.add_argument("--without", nargs="*", default=[], choices=TASKS, help="tasks that are not learned")
    parser.add_argument("--steps", type=int, default=1_500)
    parser.add_argument("--learning-rate", type=float, default=1e-3)
    parser.add_argument("--alike", type=float, default=0.5, help="weight of knowing pictures again; 0: heads alone")
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--out", required=True, type=Path)
    arguments = parser.parse_args()
    torch.set_num_threads(arguments.threads)
    torch.manual_seed(1)
    arguments.out.mkdir(parents=True, exist_ok=True)
    tasks = [name for name in TASKS if name not in arguments.without]
    sets = [Pictures(name, arguments.data if name == "blood-smear" else arguments.prepared) for name in tasks]
    network = NETWORKS["mobilenet_v2_0.35"]
    model = Heads(network, [len(one.types) for one in sets])
    load_pretrained(model.trunk, network, arguments.weights)
    average = copy.deepcopy(model).eval()
    optimiser = torch.optim.AdamW(model.parameters(), lr=arguments.learning_rate, weight_decay=0.02)
    step = 0
    checkpoint = arguments.out / "checkpoint.pt"
    if checkpoint.is_file():
        kept = torch.load(checkpoint, map_location="cpu")
        for part, name in ((model, "model"), (average, "average"), (optimiser, "optimiser")):
            part.load_state_dict(kept[name])
        step = kept["step"]
    started, losses = time.monotonic(), []
    while step < arguments.steps:
        torch.manual_seed(100_003 + step)
        share = min(1, (step + 1) / WARM_UP) * (0.5 + 0.5 * math.cos(math.pi * step / arguments.steps))
        for group in optimiser.param_groups:
            group["lr"] = arguments.learning_rate * share
        loss, parts = loss_of(model.train(), sets, arguments.alike)
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
        update_average(average, model, min(DECAY, (1 + step) / (10 + step)))
        losses.append(parts)
        step += 1
        if step % SAVE_EVERY == 0 or step == arguments.steps:
            own, alike = np.mean(losses, 0)
            print(f"step {step}/{arguments.steps}  heads {own:.3f}  alike {alike:.3f}  {time.monotonic() - started:.0f} s", flush=True)
            losses = []
            save(checkpoint, {"model": model.state_dict(), "average": average.state_dict(), "optimiser": optimiser.state_dict(), "step": step})
    write(arguments.out / "encoder", average)


class Pictures:
    """Training pictures of a task as the encoder sees them.

    Attributes:
        planes: N×3×S×S uint8, R, G, B.
        labels: N, index among `types`.
    """

    def __init__(self, name: str, folder: Path):
        listed = [(file, label) for file, label, part in list_files(folder / name) if part == "train"]
        random.Random(name).shuffle(listed)
        listed = listed[:MOST_IMAGES]
        self.types = sorted({label for _, label in listed})
        self.labels = torch.tensor([self.types.index(label) for _, label in listed])
        self.is_cut_out = name in CUT_OUT
        spec = json.loads((MODELS_FOLDER / "cell-encoder" / "spec.json").read_text())
        spec["input"] |= {"width_px": SIDE_PX + ROOM_PX, "height_px": SIDE_PX + ROOM_PX}
        grey_ones, planes = [], []
        for file, _ in listed:
            image = decode(file)
            picture = prepare(framed(image) if self.is_cut_out else image, spec)
            planes.append(picture[0].round().clamp(0, 255).to(torch.uint8))
            grey_ones.append(is_grey(picture, spec["normalisation"]))
        self.planes, self.is_grey = torch.stack(planes), sum(grey_ones) > len(grey_ones) / 2
        # Rare types as often as frequent ones.
        counts = torch.bincount(self.labels).float()
        self.weights = 1 / counts[self.labels]
        print(f"{name}: {len(listed)} pictures, {len(self.types)} types", flush=True)

    def draw(self, count: int) -> tuple[torch.Tensor, torch.Tensor]:
        """Two views of some pictures, 2N×3×SIDE×SIDE on the scale −1..1, and their labels, N."""
        chosen = torch.multinomial(self.weights, count, replacement=True)
        return torch.cat([self._changed(self.planes[chosen].float() / 255) for _ in range(2)]) * 2 - 1, self.labels[chosen]

    def _changed(self, images: torch.Tensor) -> torch.Tensor:
        views = move(images, SIDE_PX, scale=1.25, outside="zeros" if self.is_cut_out else "reflection")
        colours = [(relight, 0.8)] if self.is_grey else [(restain, 0.6), (recolour, 0.7), (recompress, 0.2)]
        change_some(views, [*colours, (refocus, 0.5), (add_noise, 0.4)])
        return views


def relight(images: torch.Tensor) -> torch.Tensor:
    """Another contrast and brightness."""
    count = len(images)
    return (images - 0.5) * torch.empty(count, 1, 1, 1).uniform_(0.7, 1.4) + 0.5 + torch.empty(count, 1, 1, 1).uniform_(-0.08, 0.08)


class Heads(nn.Module):
    """A trunk, a dense layer for each task, and two by which pictures are known again."""

    def __init__(self, network, types: list[int]):
        super().__init__()
        self.trunk = Classifier(network, 2)
        self.heads = nn.ModuleList(nn.Linear(network.features, count) for count in types)
        self.project = nn.Sequential(nn.Linear(network.features, 512), nn.ReLU(), nn.Linear(512, PROJECTED))

    def forward(self, images: torch.Tensor) -> torch.Tensor:
        """Pooled features, N×D."""
        return self.trunk.features(images).mean((2, 3))


def loss_of(model: Heads, sets: list[Pictures], weight: float) -> tuple[torch.Tensor, tuple[float, float]]:
    """Of one batch, and its two parts."""
    counts = [IMAGES // len(sets)] * len(sets)
    drawn = [one.draw(count) for one, count in zip(sets, counts)]
    features = model(torch.cat([views for views, _ in drawn]).contiguous(memory_format=torch.channels_last))
    losses, first, seconds = [], [], []
    place = 0
    for head, (views, labels) in zip(model.heads, drawn):
        own = features[place:place + len(views)]
        place += len(views)
        losses.append(functional.cross_entropy(head(functional.dropout(own, 0.2)), labels.repeat(2), label_smoothing=0.1))
        first.append(own[:len(labels)])
        seconds.append(own[len(labels):])
    heads = torch.stack(losses).mean()
    alike = known_again(model.project(torch.cat(first)), model.project(torch.cat(seconds)))
    return heads + weight * alike, (heads.item(), alike.item())


def known_again(first: torch.Tensor, second: torch.Tensor) -> torch.Tensor:
    """NT-Xent of N pairs. Source: Chen et al. 2020, equation 1."""
    both = functional.normalize(torch.cat([first, second]), dim=1)
    similar = both @ both.T / TEMPERATURE
    similar = similar.masked_fill(torch.eye(len(both), dtype=torch.bool), -1e9)
    return functional.cross_entropy(similar, torch.arange(len(both)).roll(len(first)))


def write(folder: Path, model: Heads) -> None:
    """A copy of models/cell-encoder with the trunk as a third network."""
    shutil.copytree(MODELS_FOLDER / "cell-encoder", folder, dirs_exist_ok=True)
    exported = export_features(model.trunk.eval().features, torch.zeros(2, 3, SIDE_PX, SIDE_PX))
    store_halves(exported.graph)
    spec = json.loads((folder / "spec.json").read_text())
    spec["networks"] = [*(network for network in spec["networks"] if network["file"] != "own.onnx"), write_network(folder, "own", exported, SIDE_PX, spec["grid"])]
    (folder / "spec.json").write_text(format_json(spec) + "\n")
    print(f"{folder} written")


if __name__ == "__main__":
    main()
