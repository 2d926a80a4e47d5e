"""How a network is trained: everything that is not the data and not the network."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Recipe:
    """One way of training.

    Attributes:
        optimiser: "adamw" (decayed, cosine schedule with warm-up) or "adam" (constant rate).
        average_decay: of the moving average of the weights that is validated and kept; 0 keeps the weights themselves.
        doubled: an epoch shows every image unchanged and changed once more, else changed only.
        style_mixing: share of batches in which early layers' means and spreads are mixed between images. Source: Zhou et al. 2021, MixStyle.
        augmentation: a key of cytotrain.augment.AUGMENTATIONS; None takes the one for the task's channels.
    """

    optimiser: str
    learning_rate: float
    batch: int
    epochs: int
    label_smoothing: float
    average_decay: float
    doubled: bool
    augmentation: str | None
    style_mixing: float = 0.0


RECIPES = {
    "fine-tune": Recipe("adamw", 2e-3, 64, 60, 0.1, 0.998, False, None),
    # For images of laboratories that are not at hand.
    "anywhere": Recipe("adamw", 2e-3, 64, 36, 0.1, 0.998, False, "stained-anywhere", 0.5),
    # Gardner et al. 2023 and its notebooks, where brightness changes by 0.15 of 255 grey levels, which is nothing.
    "paper": Recipe("adam", 1e-3, 32, 150, 0.0, 0.0, True, "paper"),
    "paper-mended": Recipe("adam", 1e-3, 32, 150, 0.0, 0.0, True, "paper-mended"),
}
