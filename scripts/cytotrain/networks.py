"""Networks that can be fine-tuned: each gives the features N×D×h×w that a head pools."""

from dataclasses import dataclass
from pathlib import Path
from typing import Callable

import torch
from torch import nn


class ConvBatchNorm(nn.Sequential):
    """Convolution without bias, batch norm and ReLU6, padded as TensorFlow's "SAME" pads an even input."""

    def __init__(self, inputs: int, outputs: int, kernel: int, stride: int = 1, groups: int = 1):
        padding = (kernel - 1) // 2 if stride == 1 else 0
        super().__init__(
            nn.Conv2d(inputs, outputs, kernel, stride, padding, groups=groups, bias=False),
            nn.BatchNorm2d(outputs, eps=1e-3, momentum=0.01),
            nn.ReLU6(),
        )
        self.is_strided = stride == 2

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return super().forward(nn.functional.pad(x, (0, 1, 0, 1)) if self.is_strided else x)


class InvertedResidual(nn.Module):
    """Expand 1×1, depthwise 3×3, project 1×1; the input is added where shapes allow.

    Source: Sandler et al. 2018, MobileNetV2, section 3.3; parameter names as in torchvision.
    """

    def __init__(self, inputs: int, outputs: int, stride: int, expansion: int):
        super().__init__()
        hidden = inputs * expansion
        expand = [ConvBatchNorm(inputs, hidden, 1)] if expansion > 1 else []
        self.conv = nn.Sequential(
            *expand,
            ConvBatchNorm(hidden, hidden, 3, stride, groups=hidden),
            nn.Conv2d(hidden, outputs, 1, bias=False),
            nn.BatchNorm2d(outputs, eps=1e-3, momentum=0.01),
        )
        self.is_residual = stride == 1 and inputs == outputs

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return x + self.conv(x) if self.is_residual else self.conv(x)


def mobilenet_v2_features(width: float) -> nn.Sequential:
    """MobileNetV2 up to the feature map, input RGB scaled to -1..1.

    Args:
        width: channel multiplier; channels are rounded to multiples of 8.
    Returns: the network; output N×1280×(H/32)×(W/32) for widths up to 1.
    Source: Sandler et al. 2018, table 2.
    """

    def channels(base: int) -> int:
        rounded = max(8, int(base * width + 4) // 8 * 8)
        return rounded + 8 if rounded < 0.9 * base * width else rounded

    last = channels(32)
    layers: list[nn.Module] = [ConvBatchNorm(3, last, 3, stride=2)]
    for expansion, base, repeats, stride in [
        (1, 16, 1, 1), (6, 24, 2, 2), (6, 32, 3, 2), (6, 64, 4, 2), (6, 96, 3, 1), (6, 160, 3, 2), (6, 320, 1, 1),
    ]:
        for repeat in range(repeats):
            layers.append(InvertedResidual(last, channels(base), stride if repeat == 0 else 1, expansion))
            last = channels(base)
    layers.append(ConvBatchNorm(last, max(1280, channels(1280)), 1))
    return nn.Sequential(*layers)


@dataclass(frozen=True)
class Network:
    """A network that can be fine-tuned.

    Attributes:
        title: how the spec names it.
        build: makes the untrained feature extractor.
        weights_file: pre-trained state dictionary in the weights folder, its names prefixed with "features.".
        features: channels of its output.
    """

    title: str
    build: Callable[[], nn.Sequential]
    weights_file: str
    features: int


NETWORKS = {
    "mobilenet_v2_0.35": Network(
        "MobileNetV2 ×0.35", lambda: mobilenet_v2_features(0.35), "mobilenet_v2_0.35.pth", 1280
    ),
}


class Classifier(nn.Module):
    """Feature extractor, global average pool, one dense layer.

    Args:
        network: what to build.
        outputs: number of logits.
        dropout: share of pooled features zeroed while training.
    """

    def __init__(self, network: Network, outputs: int, dropout: float = 0.2):
        super().__init__()
        self.features = network.build()
        self.dropout = nn.Dropout(dropout)
        self.dense_0 = nn.Linear(network.features, outputs)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return self.dense_0(self.dropout(self.features(x).mean((2, 3))))


def load_pretrained(model: Classifier, network: Network, weights_folder: Path) -> None:
    """Fill the feature extractor with pre-trained weights.

    Raises:
        FileNotFoundError: the weights file is missing.
        RuntimeError: its names or shapes do not fit.
    """
    file = weights_folder / network.weights_file
    if not file.is_file():
        raise FileNotFoundError(f"pre-trained weights {file} are missing; pass their folder with --weights")
    state = torch.load(file, map_location="cpu")
    prefix = "features."
    model.features.load_state_dict({key[len(prefix):]: value for key, value in state.items() if key.startswith(prefix)})
