#!/usr/bin/env python3
"""Train the networks that find cells, measure them and write them into their folders.

    python scripts/train_detector.py --data ../shared/data --out build/detectors --folders models

Eight runs, one after the other, each going on from its checkpoint in --out where it was broken off:

    base        learns boxes from the `viability` tiles that cytotrain/tiles.py calls train;
    round       goes on with all tiles;
    tiles-0…2   learn from two of the three folds of connected tiles each, from the start, and are tested on the third;
    first-five  goes on from `base` with the tiles and with the masks of all `phase-contrast` frames but the five that were there first, which test it;
    later       the same the other way round;
    adherent    the same with train and val of `viability` and all frames.

Then `round` and `adherent` are written with the numbers of their cards. `--only NAME` does one run, or writes one folder
anew with `--only measure-round` or `--only measure-adherent`. But for the folds no run sees the test tiles of `viability`.
"""

import argparse
import math
import time
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from torch import nn

from cytotrain.card import replace_between
from cytotrain.detector import CellMarker, Rule, boxes_of, by_block, has_size, network_input
from cytotrain.detector_folder import export, numbers_of, opened, write_folder
from cytotrain.pieces import ADHERENT_PX, ROUND_PX, grey_of, pieces_of, phase_levels, viability_levels
from cytotrain.tiles import FOLDS, read_rows
from score_detection import PHASE_FIRST, PHASE_FOLDS, PHASE_LATER, Labelled, intervals, matched, phase_contrast, viability

BATCH = 16
BOX_WEIGHT = 3
# On the validation tiles F1 is flat from 0.47 to 0.54 and best here; above, more of the dead cells are missed, which are fainter.
ROUND_RULE = Rule(threshold=0.5)
LINES_PX = (12 / 1.25, 60 / 1.25)
NUMBERS = ("<!-- numbers: written by scripts/train_detector.py -->", "<!-- end of numbers -->")


@dataclass(frozen=True)
class Run:
    """One training.

    Attributes:
        frames: of `phase-contrast`, to learn from.
        parts: of `viability`.
        share: of phase contrast in a batch.
        rate: greatest learning rate.
        start: run whose weights it begins with; of one that is not fine all but the head.
        is_fine: see CellMarker.
        seed: of the pieces drawn; another than that of `start` where the images are the same.
    """

    frames: tuple[str, ...]
    parts: tuple[str, ...]
    steps: int
    share: float
    rate: float
    start: str | None
    seed: int = 0
    is_fine: bool = False


FRAMES = (*PHASE_FIRST, *PHASE_LATER)
RUNS = {
    "base": Run((), ("train",), 3000, 0.0, 2e-3, None),
    "round": Run((), FOLDS, 5000, 0.0, 1.5e-3, "base", seed=1),
    **{name: Run(tuple(one for one in FRAMES if one not in tested), ("train",), 4000, 0.6, 2e-3, "base", is_fine=True) for name, tested in PHASE_FOLDS.items()},
    "adherent": Run(FRAMES, ("train", "val"), 6000, 0.6, 2e-3, "base", is_fine=True),
    **{fold: Run((), tuple(other for other in FOLDS if other != fold), 3500, 0.0, 2e-3, None) for fold in FOLDS},
}
SHIPPED = ("round", "adherent")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", required=True, type=Path)
    parser.add_argument("--out", required=True, type=Path, help="where runs keep their checkpoints")
    parser.add_argument("--folders", type=Path, help="its round/ and adherent/ get network.onnx, spec.json and the numbers of card.md")
    parser.add_argument("--only", choices=(*RUNS, *(f"measure-{name}" for name in SHIPPED)), help="one step instead of all")
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--bfloat16", action="store_true", help="twice as fast on processors that have it")
    arguments = parser.parse_args()
    torch.set_num_threads(arguments.threads)
    for name in RUNS if arguments.only is None else [arguments.only] if arguments.only in RUNS else []:
        train(name, arguments.data, arguments.out, arguments.bfloat16)
    for name, measure in zip(SHIPPED, (measure_round, measure_adherent)):
        if arguments.folders and arguments.only in (None, f"measure-{name}"):
            measure(arguments.data, arguments.out, arguments.folders / name)


def train(name: str, data: Path, out: Path, bfloat16: bool) -> None:
    """Run one training to its end and leave the averaged weights in out/name/weights.pt."""
    plan, folder = RUNS[name], out / name
    folder.mkdir(parents=True, exist_ok=True)
    torch.manual_seed(0)
    network = CellMarker(plan.is_fine).to(memory_format=torch.channels_last)
    if plan.start:
        stored = torch.load(out / plan.start / "weights.pt", map_location="cpu")
        kept = {name: value for name, value in stored.items() if RUNS[plan.start].is_fine == plan.is_fine or not name.startswith("head")}
        network.load_state_dict(kept, strict=len(kept) == len(stored))
    optimiser = optimiser_of(network, plan.rate)
    average, step = Average(network), 0
    if (folder / "checkpoint.pt").exists():
        stored = torch.load(folder / "checkpoint.pt", map_location="cpu")
        network.load_state_dict(stored["network"])
        optimiser.load_state_dict(stored["optimiser"])
        average.weights, step = stored["average"], stored["step"]
        print(f"{name}: goes on from step {step} of {plan.steps}", flush=True)
    if step >= plan.steps:
        return
    tiles = [frame for part in plan.parts for frame in viability_levels(data, part)]
    dishes = phase_levels(data, plan.frames)
    validation = viability(data / "viability", "val") if "train" in plan.parts else []
    rng, start, losses = np.random.default_rng([plan.seed, step]), time.monotonic(), []
    while step < plan.steps:
        for group in optimiser.param_groups:
            group["lr"] = plan.rate * min(1, (step + 1) / 100) * (0.5 + 0.5 * math.cos(math.pi * step / plan.steps)) + 1e-6
        pixels, *wanted = pieces_of(tiles, dishes, plan.share, BATCH, rng)
        with torch.autocast("cpu", torch.bfloat16, enabled=bfloat16):
            maps = by_block(network(pixels.contiguous(memory_format=torch.channels_last)))
        loss = loss_of(maps.float(), *wanted)
        optimiser.zero_grad()
        loss.backward()
        nn.utils.clip_grad_norm_(network.parameters(), 5.0)
        optimiser.step()
        step += 1
        average.update(network, step)
        losses.append(loss.item())
        if step % 50 == 0:
            print(f"{name}: step {step} of {plan.steps}  loss {np.mean(losses[-50:]):.4f}  {time.monotonic() - start:.0f} s", flush=True)
        if step % 250 == 0 or step == plan.steps:
            torch.save({"network": network.state_dict(), "optimiser": optimiser.state_dict(), "average": average.weights, "step": step},
                       folder / "checkpoint.pt")
            torch.save(average.weights, folder / "weights.pt")
            if not validation:
                continue
            f1, rule, counts = best_of([(search(maps_by(marker(folder)), validation, ROUND_PX), validation)], ROUND_PX)
            print(f"{name}: validation tiles F1 {100 * f1:.1f} % at {rule.threshold:.2f}; matched, found, labelled {counts.tolist()}", flush=True)


def optimiser_of(network: nn.Module, rate: float) -> torch.optim.Optimizer:
    of_rank = lambda wanted: [p for p in network.parameters() if (p.ndim > 1) == wanted]
    return torch.optim.AdamW([{"params": of_rank(True), "weight_decay": 0.02}, {"params": of_rank(False), "weight_decay": 0.0}], rate)


def loss_of(maps: torch.Tensor, heat: torch.Tensor, seen: torch.Tensor, target: torch.Tensor, near: torch.Tensor,
            inside: torch.Tensor) -> torch.Tensor:
    """Focal loss of the centres (Zhou et al. 2019, Objects as Points), GIoU and L1 of the boxes, cross-entropy of inside."""
    score = maps[:, 0]
    is_centre = (heat == 1) * seen
    log_yes, log_no = nn.functional.logsigmoid(score), nn.functional.logsigmoid(-score)
    yes, no = log_yes.exp(), log_no.exp()
    centres = -(is_centre * no**2 * log_yes + (heat < 1) * seen * (1 - heat) ** 4 * yes**2 * log_no).sum() / is_centre.sum().clamp(min=1)
    sides = maps[:, 1:5]
    kept = sides.clamp(min=0.01)
    both = torch.minimum(kept, target)
    hull = torch.maximum(kept, target)
    area = lambda d: (d[:, 0] + d[:, 2]) * (d[:, 1] + d[:, 3])
    shared, whole = area(both), area(hull)
    union = area(kept) + area(target.clamp(min=0.01)) - shared
    giou = shared / union - (whole - union) / whole
    weight = near * seen
    boxes = (weight * (1 - giou + 0.2 * (sides - target).abs().sum(1))).sum() / weight.sum().clamp(min=1)
    filled = nn.functional.pixel_shuffle(maps[:, 5:9], 2)[:, 0]
    marked = nn.functional.binary_cross_entropy_with_logits(filled, inside)
    return centres + BOX_WEIGHT * boxes + 2 * marked


class Average:
    """A moving average of a network's weights."""

    def __init__(self, network: nn.Module):
        self.weights = {name: value.clone() for name, value in network.state_dict().items()}

    def update(self, network: nn.Module, step: int) -> None:
        keep = min(0.999, (1 + step) / (10 + step))
        for name, value in network.state_dict().items():
            if value.is_floating_point():
                self.weights[name].mul_(keep).add_(value, alpha=1 - keep)


def marker(folder: Path) -> CellMarker:
    weights = torch.load(folder / "weights.pt", map_location="cpu")
    network = CellMarker(is_fine="widen.0.weight" in weights).eval()
    network.load_state_dict(weights)
    return network


Searched = tuple[np.ndarray, tuple[int, int], tuple[int, int]]


def maps_by(network: CellMarker):
    return lambda pixels: by_block(network(pixels))


def search(maps_of, frames: list[Labelled], diameters: tuple[float, float]) -> list[Searched]:
    """Maps of each frame, its size at the network's scale and in px.

    Args:
        maps_of: takes 1×1×H×W, gives 1×9×h×w, both tensors or the latter an array.
    """
    results = []
    for frame in frames:
        grey = grey_of(frame.path)
        pixels, scaled = network_input(grey, *diameters, Rule())
        with torch.no_grad():
            results.append((np.asarray(maps_of(pixels))[0], scaled, grey.shape[::-1]))
    return results


def counts_at(results: list[Searched], frames: list[Labelled], diameters: tuple[float, float], rule: Rule) -> np.ndarray:
    """Matched, found and labelled boxes of each frame; N×3."""
    counts = []
    for (maps, scaled, size), frame in zip(results, frames):
        boxes, _ = boxes_of(maps, scaled, size, rule)
        boxes = boxes[has_size(boxes, *diameters)]
        counts.append([matched(boxes, frame.boxes), len(boxes), len(frame.boxes)])
    return np.array(counts)


def best_of(searched: list[tuple[list[Searched], list[Labelled]]], diameters: tuple[float, float]) -> tuple[float, Rule, np.ndarray]:
    """The threshold of greatest F1: F1, rule, sums of `counts_at`."""
    tried = []
    for hundredths in range(10, 71, 2):
        rule = Rule(threshold=hundredths / 100)
        counts = sum(counts_at(results, frames, diameters, rule).sum(0) for results, frames in searched)
        tried.append((2 * counts[0] / max(counts[1] + counts[2], 1), rule, counts))
    return max(tried, key=lambda one: one[0])


def measure_round(data: Path, out: Path, folder: Path) -> None:
    """Export `round`, which learned from all tiles, with the figures of the folds, each on tiles that it has not seen.

    """
    if not (out / "round" / "weights.pt").exists():
        raise SystemExit(f"{out / 'round'} holds no weights.pt: run without --only first")
    tests = {frame.path for frame in viability(data / "viability", "test")}
    every, counts = [], []
    for fold in FOLDS:
        frames = viability(data / "viability", fold)
        every += frames
        counts.append(counts_at(search(maps_by(marker(out / fold)), frames, ROUND_PX), frames, ROUND_PX, ROUND_RULE))
        write_fold(out, fold, frames, ROUND_PX, ROUND_RULE)
    counts = np.concatenate(counts)
    is_test = np.array([frame.path in tests for frame in every])
    rows = {"folds": figures(counts, every, "viability, all tiles, each by the fold that has not seen it"),
            "test": figures(counts[is_test], [frame for frame, one in zip(every, is_test) if one], "viability, test, likewise")}
    network = marker(out / "round")
    content = export(network, [network_input(grey_of(frame.path), *ROUND_PX, ROUND_RULE)[0] for frame in every[:8]])
    write(folder, content, ROUND_RULE, "Cells in suspension, brightfield", {"rows": rows},
          {name: RUNS[name] for name in ("base", "round", *FOLDS)}, network.halo_px)


def measure_adherent(data: Path, out: Path, folder: Path) -> None:
    """Export `adherent` with the threshold that is best for all folds on frames that they have not seen.

    For the figures each fold takes the threshold that is best for the other ones, so no frame has part in its own.
    """
    parts = {name: phase_contrast(data / "phase-contrast", tested) for name, tested in PHASE_FOLDS.items()}
    searched = {name: (search(maps_by(marker(out / name)), frames, ADHERENT_PX), frames) for name, frames in parts.items()}
    _, rule, _ = best_of(list(searched.values()), ADHERENT_PX)
    network = marker(out / "adherent")
    content = export(network, [network_input(grey_of(frame.path), *ADHERENT_PX, rule)[0] for frame in parts["first-five"]])
    counts, rows = {}, {}
    for name in parts:
        _, chosen, _ = best_of([found for other, found in searched.items() if other != name], ADHERENT_PX)
        counts[name] = counts_at(*searched[name], ADHERENT_PX, chosen)
        write_fold(out, name, parts[name], ADHERENT_PX, chosen)
        rows[name] = figures(counts[name], parts[name], f"phase-contrast: {', '.join(PHASE_FOLDS[name])}") | {"threshold": chosen.threshold}
    every = [frame for frames in parts.values() for frame in frames]
    rows["all"] = figures(np.concatenate(list(counts.values())), every, "phase-contrast: all")
    test = viability(data / "viability", "test")
    rows["round"] = figures(counts_at(search(opened(content), test, ROUND_PX), test, ROUND_PX, rule), test, "viability, test")
    frames = {frame.group: [int(n) for n in one] for name in parts for frame, one in zip(parts[name], counts[name])}
    metrics = {"rows": rows, "frames": frames, "cell_lines": centres_found(data / "cell-lines", opened(content), rule)}
    write(folder, content, rule, "Adherent cells, phase contrast", metrics, {name: RUNS[name] for name in ("base", *PHASE_FOLDS, "adherent")}, network.halo_px)


def write_fold(out: Path, name: str, frames: list[Labelled], diameters: tuple[float, float], rule: Rule) -> None:
    """Write the detector of a fold for scripts/score_detection.py, which has the core find the cells of frames that it has not seen."""
    network = marker(out / name)
    content = export(network, [network_input(grey_of(frames[0].path), *diameters, rule)[0]])
    write_folder(out / name / "detector", content, rule, about("fold", "A fold", {name: RUNS[name]}, {}, network.halo_px))


def about(name: str, title: str, runs: dict[str, Run], metrics: dict, halo_px: int) -> dict:
    """What a spec says of a network and how it was made."""
    training = {name: {"phase_contrast": list(plan.frames), "viability": list(plan.parts), "steps": plan.steps} for name, plan in runs.items()}
    # Boxes teach nothing about outlines.
    outline = "inside" if any(plan.frames for plan in runs.values()) else "ellipse"
    return {"name": name, "version": "2.0.0", "title": title, "halo_px": halo_px, "training": training, "outline": outline, "licence": "MIT", "metrics": metrics}


def write(folder: Path, content: bytes, rule: Rule, title: str, metrics: dict, runs: dict[str, Run], halo_px: int) -> None:
    write_folder(folder, content, rule, about(folder.name, title, runs, metrics, halo_px))
    replace_between(folder / "card.md", *NUMBERS, numbers_of(metrics))
    print(numbers_of(metrics))


def figures(counts: np.ndarray, frames: list[Labelled], images: str) -> dict:
    """F1, precision, recall and count error with 95 % bootstrap intervals over the frames' groups."""
    groups = [frame.group for frame in frames]
    return {"images": images, "frames": len(counts), "cells": int(counts[:, 2].sum()), "matched": int(counts[:, 0].sum()),
            "found": int(counts[:, 1].sum()), **{name: [round(float(v), 4) for v in three] for name, three in intervals(counts, groups).items()}}


def centres_found(folder: Path, maps_of, rule: Rule) -> dict[str, list[int]]:
    """Boxes found in each frame of `cell-lines`, its automatic centres, and how many of these lie in a box."""
    centres = [row for row in read_rows(folder / "centres.csv") if row["usable"] == "1"]
    found = {}
    for path in sorted((folder / "frames").glob("*.png")):
        [(maps, scaled, size)] = search(maps_of, [Labelled(path, path.stem)], LINES_PX)
        boxes, _ = boxes_of(maps, scaled, size, rule)
        boxes = boxes[has_size(boxes, *LINES_PX)]
        here = np.array([[int(row["x"]), int(row["y"])] for row in centres if Path(row["image"]).name == path.name]).reshape(-1, 2)
        inside = ((here[:, None] >= boxes[None, :, :2]) & (here[:, None] < boxes[None, :, 2:])).all(-1).any(1)
        found[path.stem] = [len(boxes), len(here), int(inside.sum())]
    return found


if __name__ == "__main__":
    main()
