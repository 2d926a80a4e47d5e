"""How a network is trained: everything that is not the data and not the network."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Recipe:
    """One way of training.

    Attributes:
        optimiser: "adamw" (decayed, cosine schedule with warm-up) or "adam" (constant rate).
        averaged: validate and keep a moving average of the weights.
        doubled: an epoch shows every image unchanged and changed once more, else changed only.
        augmentation: a key of cytotrain.augment.AUGMENTATIONS; None takes the one for the task's channels.
    """

    optimiser: str
    learning_rate: float
    batch: int
    epochs: int
    label_smoothing: float
    averaged: bool
    doubled: bool
    augmentation: str | None


RECIPES = {
    "fine-tune": Recipe("adamw", 2e-3, 64, 60, 0.1, True, False, None),
    # Gardner et al. 2023 and its notebooks, where brightness changes by 0.15 of 255 grey levels, which is nothing.
    "paper": Recipe("adam", 1e-3, 32, 150, 0.0, False, True, "paper"),
    "paper-mended": Recipe("adam", 1e-3, 32, 150, 0.0, False, True, "paper-mended"),
}
