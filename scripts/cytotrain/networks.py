"""Networks that can be trained: each gives the features N×D×h×w that a head pools."""

from dataclasses import dataclass, field
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


def mobilenet_v2_features(width: float, inputs: int = 3) -> nn.Sequential:
    """MobileNetV2 up to the feature map, input scaled to about -1..1.

    Args:
        width: channel multiplier; channels are rounded to multiples of 8.
        inputs: channels of the image.
    Returns: the network; output N×1280×(H/32)×(W/32) for widths up to 1.
    Source: Sandler et al. 2018, table 2.
    """

    def channels(base: int) -> int:
        rounded = max(8, int(base * width + 4) // 8 * 8)
        return rounded + 8 if rounded < 0.9 * base * width else rounded

    last = channels(32)
    layers: list[nn.Module] = [ConvBatchNorm(inputs, last, 3, stride=2)]
    for expansion, base, repeats, stride in [
        (1, 16, 1, 1), (6, 24, 2, 2), (6, 32, 3, 2), (6, 64, 4, 2), (6, 96, 3, 1), (6, 160, 3, 2), (6, 320, 1, 1),
    ]:
        for repeat in range(repeats):
            layers.append(InvertedResidual(last, channels(base), stride if repeat == 0 else 1, expansion))
            last = channels(base)
    layers.append(ConvBatchNorm(last, max(1280, channels(1280)), 1))
    return nn.Sequential(*layers)


class SamePadConv(nn.Sequential):
    """Convolution padded as TensorFlow's "SAME" pads an even input, batch norm, and SiLU unless it is the last of a block."""

    def __init__(self, inputs: int, outputs: int, kernel: int, stride: int = 1, groups: int = 1, is_active: bool = True):
        padding = (kernel - 1) // 2 if stride == 1 else 0
        super().__init__(
            nn.Conv2d(inputs, outputs, kernel, stride, padding, groups=groups, bias=False),
            nn.BatchNorm2d(outputs, eps=1e-3, momentum=0.1),
            nn.SiLU() if is_active else nn.Identity(),
        )
        self.is_strided = stride == 2

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return super().forward(nn.functional.pad(x, (0, 1, 0, 1)) if self.is_strided else x)


class SqueezeExcite(nn.Module):
    """Weigh channels by what their means say together. Source: Hu et al. 2018."""

    def __init__(self, channels: int, squeezed: int):
        super().__init__()
        self.reduce, self.expand = nn.Conv2d(channels, squeezed, 1), nn.Conv2d(squeezed, channels, 1)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        gate = self.expand(nn.functional.silu(self.reduce(nn.functional.adaptive_avg_pool2d(x, 1))))
        return x * torch.sigmoid(gate)


class EfficientBlock(nn.Module):
    """MBConv, or Fused-MBConv where there is no squeeze-excite. Source: Tan and Le 2021, EfficientNetV2, figure 2."""

    def __init__(self, inputs: int, outputs: int, stride: int, expansion: int, is_fused: bool):
        super().__init__()
        hidden = inputs * expansion
        if not is_fused:
            layers = [
                SamePadConv(inputs, hidden, 1), SamePadConv(hidden, hidden, 3, stride, groups=hidden),
                SqueezeExcite(hidden, max(1, inputs // 4)), SamePadConv(hidden, outputs, 1, is_active=False),
            ]
        elif expansion > 1:
            layers = [SamePadConv(inputs, hidden, 3, stride), SamePadConv(hidden, outputs, 1, is_active=False)]
        else:
            layers = [SamePadConv(inputs, outputs, 3, stride)]
        self.conv = nn.Sequential(*layers)
        self.is_residual = stride == 1 and inputs == outputs

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return x + self.conv(x) if self.is_residual else self.conv(x)


def efficientnet_v2_b0_features(inputs: int = 3) -> nn.Sequential:
    """EfficientNetV2-B0 up to the feature map: N×1280×(H/32)×(W/32). Source: Tan and Le 2021, and the authors' B0 table."""
    layers: list[nn.Module] = [SamePadConv(inputs, 32, 3, 2)]
    last = 32
    for expansion, outputs, repeats, stride, is_fused in [
        (1, 16, 1, 1, True), (4, 32, 2, 2, True), (4, 48, 2, 2, True),
        (4, 96, 3, 2, False), (6, 112, 5, 1, False), (6, 192, 8, 2, False),
    ]:
        for repeat in range(repeats):
            layers.append(EfficientBlock(last, outputs, stride if repeat == 0 else 1, expansion, is_fused))
            last = outputs
    return nn.Sequential(*layers, SamePadConv(last, 1280, 1))


class Bottleneck(nn.Module):
    """Residual block of 1×1, 3×3 and 1×1 convolutions, its stride in the first. Source: He et al. 2016, figure 5."""

    def __init__(self, inputs: int, width: int, stride: int):
        super().__init__()

        def convolution(inputs: int, outputs: int, kernel: int, stride: int = 1) -> list[nn.Module]:
            return [nn.Conv2d(inputs, outputs, kernel, stride, kernel // 2), nn.BatchNorm2d(outputs, eps=1.001e-5)]

        self.conv = nn.Sequential(
            *convolution(inputs, width, 1, stride), nn.ReLU(), *convolution(width, width, 3), nn.ReLU(), *convolution(width, 4 * width, 1),
        )
        self.shortcut = nn.Sequential(*convolution(inputs, 4 * width, 1, stride)) if inputs != 4 * width else nn.Identity()

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return nn.functional.relu(self.shortcut(x) + self.conv(x))


def resnet50_features(inputs: int = 3) -> nn.Sequential:
    """ResNet-50 up to the feature map: N×2048×(H/32)×(W/32). Source: He et al. 2016, table 1."""
    layers: list[nn.Module] = [
        nn.Conv2d(inputs, 64, 7, 2, 3), nn.BatchNorm2d(64, eps=1.001e-5), nn.ReLU(), nn.MaxPool2d(3, 2, 1),
    ]
    last = 64
    for width, repeats, stride in [(64, 3, 1), (128, 4, 2), (256, 6, 2), (512, 3, 2)]:
        for repeat in range(repeats):
            layers.append(Bottleneck(last, width, stride if repeat == 0 else 1))
            last = 4 * width
    return nn.Sequential(*layers)


@dataclass(frozen=True)
class Network:
    """A network that can be trained.

    Attributes:
        title: how the spec names it.
        build: makes the untrained feature extractor for a number of input channels.
        features: channels of its output.
        weights_file: pre-trained state dictionary in the weights folder, its names prefixed with "features.".
        hidden: outputs of the dense layers between pooled features and logits.
        output: "softmax", or "sigmoid" for one logit and two classes.
        recipe: a key of cytotrain.recipes.RECIPES.
        spec: entries that take the place of the task's own.
    """

    title: str
    build: Callable[[int], nn.Sequential]
    features: int
    weights_file: str | None = None
    hidden: tuple[int, ...] = ()
    output: str = "softmax"
    recipe: str = "fine-tune"
    spec: dict = field(default_factory=dict)


# The paper's preparation: half-pixel bilinear to 224 px, grey repeated in three planes.
PAPER = {
    "hidden": (1024, 512), "output": "sigmoid", "recipe": "paper",
    "spec": {"input": {"width_px": 224, "height_px": 224, "channels": "rgb"}, "resize": {"rule": "bilinear_half_pixel"}},
}

NETWORKS = {
    "mobilenet_v2_0.35": Network(
        "MobileNetV2 ×0.35", lambda inputs: mobilenet_v2_features(0.35, inputs), 1280, "mobilenet_v2_0.35.pth"
    ),
    "mobilenet_v2_1.0": Network(
        "MobileNetV2", lambda inputs: mobilenet_v2_features(1.0, inputs), 1280, "mobilenet_v2_1.0.pth"
    ),
    "efficientnet_v2_b0": Network("EfficientNetV2-B0", efficientnet_v2_b0_features, 1280, **PAPER),
    "resnet50": Network("ResNet-50", resnet50_features, 2048, **PAPER),
}


class Classifier(nn.Module):
    """Feature extractor, global average pool, dense layers.

    Args:
        network: what to build.
        classes: that it tells apart.
        channels: of the image.
    """

    def __init__(self, network: Network, classes: int, channels: int = 3):
        super().__init__()
        self.features = network.build(channels)
        widths = [network.features, *network.hidden, 1 if network.output == "sigmoid" else classes]
        # As the paper has it: half of what a hidden layer gives is dropped, else a fifth of the pooled features.
        self.dropout = nn.Dropout(0.5 if network.hidden else 0.2)
        self.depth = len(widths) - 1
        for index in range(self.depth):
            self.add_module(f"dense_{index}", nn.Linear(widths[index], widths[index + 1]))

    def dense_layers(self) -> dict[str, nn.Linear]:
        return {f"dense_{index}": getattr(self, f"dense_{index}") for index in range(self.depth)}

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """Logits N×K, or N×1 for a sigmoid."""
        values = self.features(x).mean((2, 3))
        values = values if self.depth > 1 else self.dropout(values)
        *hidden, last = self.dense_layers().values()
        for layer in hidden:
            values = self.dropout(nn.functional.relu(layer(values)))
        return last(values)


class StyleMixing:
    """Forward hook that, while a network learns, mixes the means and spreads of a layer's channels between the images of a batch.

    What differs between laboratories is mostly there; what a cell is, in how its parts lie.
    Source: Zhou et al. 2021, Domain generalization with MixStyle.
    """

    def __init__(self, share: float):
        self.share = share

    def __call__(self, module: nn.Module, _: tuple, values: torch.Tensor) -> torch.Tensor:
        if not module.training or torch.rand(()) > self.share:
            return values
        count = len(values)
        mean = values.mean((2, 3), keepdim=True).detach()
        spread = (values.var((2, 3), keepdim=True) + 1e-5).sqrt().detach()
        own = torch.distributions.Beta(0.3, 0.3).sample((count, 1, 1, 1)).to(values)
        other = torch.randperm(count)
        return (values - mean) / spread * (own * spread + (1 - own) * spread[other]) + own * mean + (1 - own) * mean[other]

    def watch(self, model: "Classifier") -> None:
        """After the third and the fifth block, where features still tell one camera from another."""
        for index in (2, 4):
            model.features[index].register_forward_hook(self)


def load_pretrained(model: Classifier, network: Network, weights_folder: Path) -> None:
    """Fill the feature extractor with pre-trained weights; for a grey image the first convolution's are summed.

    Raises:
        FileNotFoundError: the weights file is missing.
        RuntimeError: its names or shapes do not fit.
    """
    file = weights_folder / network.weights_file
    if not file.is_file():
        raise FileNotFoundError(f"pre-trained weights {file} are missing; pass their folder with --weights")
    state = torch.load(file, map_location="cpu")
    prefix = "features."
    state = {key[len(prefix):]: value for key, value in state.items() if key.startswith(prefix)}
    first = next(iter(model.features.state_dict()))
    if model.features.state_dict()[first].shape[1] == 1:
        state[first] = state[first].sum(1, keepdim=True)
    model.features.load_state_dict(state)


def draft_for(network: Network, spec: dict, side_px: int | None = None) -> dict:
    """A task's draft spec as this network needs it: its own input size and resizing where it has them, or the given size."""
    merged = {**spec, **network.spec}
    if side_px:
        merged["input"] = {**merged["input"], "width_px": side_px, "height_px": side_px}
    rule = merged["normalisation"]
    if rule["rule"] == "corner_median_spread":
        merged["normalisation"] = {**rule, "corner_px": merged["input"]["width_px"] // 8}
    return merged
