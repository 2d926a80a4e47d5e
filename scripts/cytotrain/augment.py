"""Random changes a batch may undergo without becoming another cell: pose, camera, stain, compression.

All functions take and return N×C×H×W float32 and draw from torch's global generator.
"""

import math
from typing import Callable

import torch
from torch.nn import functional

from cytotrain.prepare import normalise, resize

YIQ_OF_RGB = torch.tensor([[0.299, 0.587, 0.114], [0.596, -0.274, -0.322], [0.211, -0.523, 0.312]])


def _uniform(count: int, low: float, high: float) -> torch.Tensor:
    return torch.empty(count, 1, 1, 1).uniform_(low, high)


def _some(count: int, share: float) -> torch.Tensor:
    return torch.rand(count) < share


def change_some(batch: torch.Tensor, changes: list[tuple[Callable[[torch.Tensor], torch.Tensor], float]]) -> None:
    """Apply each change in turn to a share of the images, in place."""
    for change, share in changes:
        chosen = _some(len(batch), share)
        if chosen.any():
            batch[chosen] = change(batch[chosen]).clamp(0, 1)


def move(images: torch.Tensor, side_px: int, scale: float = 1.25, stretch: float = 0.08, outside: str = "reflection") -> torch.Tensor:
    """Rotate, mirror, scale by up to a factor, stretch by up to a share and shift by up to 6 %, then shrink to side_px.

    Args:
        outside: what lies outside the image, as torch's `grid_sample` names it.
    """
    count = len(images)
    angle = torch.rand(count) * 2 * math.pi
    scale = torch.exp(torch.empty(count).uniform_(-math.log(scale), math.log(scale)))
    stretch = torch.exp(torch.empty(count).uniform_(-stretch, stretch))
    mirror = torch.where(_some(count, 0.5), -1.0, 1.0)
    matrix = torch.zeros(count, 2, 3)
    matrix[:, 0, 0] = angle.cos() * scale * stretch * mirror
    matrix[:, 0, 1] = -angle.sin() * scale / stretch
    matrix[:, 1, 0] = angle.sin() * scale * stretch * mirror
    matrix[:, 1, 1] = angle.cos() * scale / stretch
    matrix[:, :, 2] = torch.empty(count, 2).uniform_(-0.12, 0.12)
    # Sampled at twice the size and shrunk with antialiasing, so that the moved image is as sharp as an unmoved one.
    grid = functional.affine_grid(matrix, [count, images.shape[1], 2 * side_px, 2 * side_px], align_corners=False)
    moved = functional.grid_sample(images, grid, padding_mode=outside, align_corners=False)
    return shrink(moved, side_px)


def shrink(images: torch.Tensor, side_px: int) -> torch.Tensor:
    """Resize as the model's own preparation does."""
    return functional.interpolate(images, (side_px, side_px), mode="bilinear", antialias=True, align_corners=False)


def restain(images: torch.Tensor) -> torch.Tensor:
    """Change stain and illumination: optical densities are scaled and mixed between channels."""
    count = len(images)
    mixing = torch.eye(3) * torch.exp(torch.empty(count, 3, 1).uniform_(-0.25, 0.25))
    mixing = mixing * _uniform(count, 0.75, 1.3).view(-1, 1, 1) + torch.empty(count, 3, 3).uniform_(-0.07, 0.07)
    density = -torch.log(images.clamp(1 / 255, 1))
    return torch.exp(-torch.einsum("nij,njhw->nihw", mixing, density)).clamp(0, 1)


def turn_hue(images: torch.Tensor, angle: torch.Tensor, saturation: torch.Tensor) -> torch.Tensor:
    """Turn the hue of each image by its own N radians and multiply its saturation, in YIQ."""
    turn = torch.zeros(len(images), 3, 3)
    turn[:, 0, 0] = 1
    turn[:, 1, 1] = turn[:, 2, 2] = angle.cos() * saturation
    turn[:, 2, 1] = angle.sin() * saturation
    turn[:, 1, 2] = -turn[:, 2, 1]
    return torch.einsum("nij,njhw->nihw", torch.linalg.inv(YIQ_OF_RGB) @ turn @ YIQ_OF_RGB, images)


def recolour(images: torch.Tensor) -> torch.Tensor:
    """Change brightness, contrast, saturation, hue and white balance as another camera would."""
    count = len(images)
    angle = torch.empty(count).uniform_(-0.18, 0.18)
    saturation = torch.empty(count).uniform_(0.7, 1.35)
    turned = turn_hue(images, angle, saturation)
    contrasted = (turned - 0.6) * _uniform(count, 0.75, 1.25) + 0.6 + _uniform(count, -0.1, 0.1)
    return (contrasted * torch.empty(count, 3, 1, 1).uniform_(0.93, 1.07)).clamp(0, 1)


def refocus(images: torch.Tensor) -> torch.Tensor:
    """Blur or sharpen slightly."""
    kernel = torch.tensor([1.0, 2.0, 1.0]) / 4
    channels = images.shape[1]
    weights = (kernel[:, None] * kernel).expand(channels, 1, 3, 3)
    blurred = functional.conv2d(functional.pad(images, (1, 1, 1, 1), mode="replicate"), weights, groups=channels)
    return images + _uniform(len(images), -0.6, 1.0) * (blurred - images)


def add_noise(images: torch.Tensor) -> torch.Tensor:
    """Add camera noise of up to 3 % of the range."""
    return (images + torch.randn_like(images) * _uniform(len(images), 0, 0.03)).clamp(0, 1)


def recompress(images: torch.Tensor) -> torch.Tensor:
    """Quantise 8×8 cosine coefficients, coarser towards high frequencies, as JPEG does; sides are multiples of 8."""
    count, channels, height, width = images.shape
    index = torch.arange(8, dtype=torch.float32)
    cosines = torch.cos(math.pi / 8 * index[:, None] * (index + 0.5)) / 2
    cosines[0] /= math.sqrt(2)
    blocks = images.reshape(count, channels, height // 8, 8, width // 8, 8).transpose(3, 4)
    step = (16 + 10 * (index[:, None] + index)) / 255 * _uniform(count, 0.1, 0.8).view(-1, 1, 1, 1, 1, 1)
    coefficients = torch.round(cosines @ blocks @ cosines.T / step) * step
    restored = (cosines.T @ coefficients @ cosines).transpose(3, 4)
    return restored.reshape(images.shape).clamp(0, 1)


def stained(crops: torch.Tensor, spec: dict) -> torch.Tensor:
    """Colour images: another pose, stain, camera and compression; one image in four keeps its pose and sharpness."""
    side_px, count = spec["input"]["width_px"], len(crops)
    crops = crops / 255
    is_moved = _some(count, 0.75)
    batch = torch.empty(count, 3, side_px, side_px)
    if is_moved.any():
        batch[is_moved] = move(crops[is_moved], side_px)
    if not is_moved.all():
        batch[~is_moved] = shrink(crops[~is_moved], side_px)
    if torch.rand(()) < 0.5:
        batch = batch.flip(3)
    batch = torch.rot90(batch, int(torch.randint(4, ())), (2, 3))
    change_some(batch, [(restain, 0.6), (recolour, 0.7), (refocus, 0.4), (add_noise, 0.3), (recompress, 0.25)])
    return normalise(batch * 255, spec["normalisation"])


def soften(images: torch.Tensor, sigma_px: torch.Tensor) -> torch.Tensor:
    """Gaussian blur of each image by its own N standard deviations, up to 3 px; the border is repeated."""
    count, channels, height, width = images.shape
    reach = 6
    steps = torch.arange(-reach, reach + 1).float()
    kernels = torch.exp(-steps**2 / (2 * sigma_px[:, None] ** 2 + 1e-6))
    kernels = (kernels / kernels.sum(1, keepdim=True)).repeat_interleave(channels, 0)
    flat = images.reshape(1, count * channels, height, width)
    flat = functional.conv2d(functional.pad(flat, (reach, reach, 0, 0), mode="replicate"), kernels[:, None, None], groups=count * channels)
    flat = functional.conv2d(functional.pad(flat, (0, 0, reach, reach), mode="replicate"), kernels[:, None, :, None], groups=count * channels)
    return flat.reshape(images.shape)


def any_stain(images: torch.Tensor) -> torch.Tensor:
    """Colours as far apart as those of laboratories are: stain, hue, saturation down to none at all for half of them, contrast, white balance."""
    count, strength = len(images), 1.3
    uniform = lambda low, high: torch.empty(count, 1, 1).uniform_(low * strength, high * strength)
    mixing = torch.eye(3) * torch.exp(torch.empty(count, 3, 1).uniform_(-0.35 * strength, 0.35 * strength))
    mixing = mixing * torch.exp(uniform(-0.5, 0.4)) + torch.empty(count, 3, 3).uniform_(-0.12 * strength, 0.12 * strength)
    density = -torch.log(images.clamp(1 / 255, 1))
    stained = torch.exp(-torch.einsum("nij,njhw->nihw", mixing, density)).clamp(0, 1)
    angle = torch.empty(count).uniform_(-0.4 * strength, 0.4 * strength)
    saturation = torch.exp(torch.empty(count).uniform_(-0.7 * strength, 0.5 * strength)) * torch.where(_some(count, 0.5), 0.4 * torch.rand(count), torch.ones(()))
    stained = torch.where(_some(count, 0.7).view(-1, 1, 1, 1), turn_hue(stained, angle, saturation), stained)
    contrasted = (stained - 0.6) * torch.exp(uniform(-0.35, 0.3))[..., None] + 0.6 + uniform(-0.12, 0.12)[..., None]
    return (contrasted * (1 + torch.empty(count, 3, 1, 1).uniform_(-0.1 * strength, 0.1 * strength))).clamp(0, 1)


def swap_surroundings(images: torch.Tensor) -> torch.Tensor:
    """Put what lies outside a disc around the middle in place of another image's, or of a white ground: it says nothing about the cell."""
    count, side_px = len(images), images.shape[3]
    line = torch.linspace(-1, 1, side_px)
    inside = torch.sigmoid((_uniform(count, 0.5, 1.1) - torch.sqrt(line**2 + line[:, None] ** 2)) / _uniform(count, 0.02, 0.15))
    other = images[torch.randperm(count)]
    other = torch.where(_some(count, 0.3).view(-1, 1, 1, 1), _uniform(count, 0.8, 1).expand_as(images), other)
    return images * inside + other * (1 - inside)


def stained_anywhere(crops: torch.Tensor, spec: dict) -> torch.Tensor:
    """Stained cells as any laboratory may show them: pose, size, surroundings, stain, camera, focus, compression; one in three hardly changed."""
    side_px, count = spec["input"]["width_px"], len(crops)
    is_light = _some(count, 0.35)
    if is_light.any():
        normalised = torch.empty(count, 3, side_px, side_px)
        normalised[is_light] = stained(crops[is_light], spec)
        if not is_light.all():
            normalised[~is_light] = foreign_stain(crops[~is_light], spec)
        return normalised
    return foreign_stain(crops, spec)


def foreign_stain(crops: torch.Tensor, spec: dict) -> torch.Tensor:
    """Stained cells as another laboratory shows them."""
    side_px, count = spec["input"]["width_px"], len(crops)
    batch = move(crops / 255, side_px, scale=1.35, stretch=0.1)
    change_some(batch, [
        (swap_surroundings, 0.3), (any_stain, 0.85),
        (lambda images: soften(images, torch.empty(len(images)).uniform_(0.3, 2.0)), 0.5),
        (lambda images: images + _uniform(len(images), 0, 1.5) * (images - soften(images, torch.ones(len(images)))), 0.25),
        (lambda images: images + torch.randn_like(images) * _uniform(len(images), 0, 0.06), 0.4),
        (recompress, 0.3),
    ])
    return normalise(batch * 255, spec["normalisation"])


def brightfield(crops: torch.Tensor, spec: dict) -> torch.Tensor:
    """Grey images: another pose, focus, contrast, noise and slope of the light, but hardly another size, which tells."""
    side_px, count = spec["input"]["width_px"], len(crops)
    is_moved = _some(count, 0.75)
    batch = shrink(crops, side_px)
    if is_moved.any():
        batch[is_moved] = move(crops[is_moved], side_px, scale=1.05, stretch=0.03)
    if torch.rand(()) < 0.5:
        batch = batch.flip(3)
    # After normalisation the unit is the crop's own spread, whatever the camera's bit depth.
    batch = normalise(torch.rot90(batch, int(torch.randint(4, ())), (2, 3)), spec["normalisation"])
    chosen = _some(count, 0.5)
    if chosen.any():
        batch[chosen] = refocus(refocus(batch[chosen]))
    line = torch.linspace(-1, 1, side_px)
    slope = _uniform(count, -0.2, 0.2) * line.view(1, 1, 1, -1) + _uniform(count, -0.2, 0.2) * line.view(1, 1, -1, 1)
    noise = torch.randn_like(batch) * _uniform(count, 0, 0.12)
    return batch * _uniform(count, 0.8, 1.25) + slope + noise + _uniform(count, -0.1, 0.1)


def cut_out(crops: torch.Tensor, spec: dict) -> torch.Tensor:
    """Cells cut out along a mask, black around: another pose, focus and noise, another size, and a ragged edge."""
    side_px, count = spec["input"]["width_px"], len(crops)
    above = spec["normalisation"]["inside_above"]
    batch = move(crops, side_px, scale=1.4, stretch=0.1, outside="zeros")
    inside = batch > above
    # The mask's edge follows how a program happened to find the cell: a pixel or two are taken off.
    for width in (3, 5):
        chosen = _some(count, 0.3)
        if chosen.any():
            kept = -functional.max_pool2d(-inside[chosen].float(), width, 1, width // 2) > 0.5
            # A cell that this would leave nothing of keeps its edge.
            inside[chosen] = torch.where(kept.flatten(1).sum(1).view(-1, 1, 1, 1) > 40, kept, inside[chosen])
    for change, share in ((refocus, 0.5), (refocus, 0.3)):
        chosen = _some(count, share)
        if chosen.any():
            batch[chosen] = change(batch[chosen])
    line = torch.linspace(-1, 1, side_px)
    slope = _uniform(count, -12, 12) * line.view(1, 1, 1, -1) + _uniform(count, -12, 12) * line.view(1, 1, -1, 1)
    batch = batch + slope + torch.randn_like(batch) * _uniform(count, 0, 4)
    bent = 255 * (batch / 255).clamp(1 / 255, 1) ** torch.exp(_uniform(count, -0.25, 0.25))
    return normalise(torch.where(inside, bent.clamp(min=above + 1), torch.zeros(())), spec["normalisation"])


def paper(crops: torch.Tensor, spec: dict, brightness: float = 0.15 / 255) -> torch.Tensor:
    """The paper's: contrast 0.5 to 1.5 around the image's mean, mirror image, and a brightness meant as a share of the range.

    Source: Gardner et al. 2023; its notebooks give 0.15 to images of 0 to 255, where it changes nothing.
    """
    rule = spec["resize"]["rule"]
    batch = normalise(resize(crops, rule, spec["input"]["height_px"], spec["input"]["width_px"]), spec["normalisation"])
    count = len(batch)
    mean, extent = batch.mean((2, 3), keepdim=True), batch.amax((2, 3), keepdim=True) - batch.amin((2, 3), keepdim=True)
    batch = (batch - mean) * _uniform(count, 0.5, 1.5) + mean + _uniform(count, -brightness, brightness) * extent
    is_mirrored = _some(count, 0.5)
    batch[is_mirrored] = batch[is_mirrored].flip(3)
    return batch


def paper_mended(crops: torch.Tensor, spec: dict) -> torch.Tensor:
    """The paper's, with a brightness that changes by up to 15 % of the range."""
    return paper(crops, spec, brightness=0.15)


AUGMENTATIONS = {"stained": stained, "stained-anywhere": stained_anywhere, "brightfield": brightfield, "cut-out": cut_out, "paper": paper, "paper-mended": paper_mended}


def augment(crops: torch.Tensor, spec: dict, name: str | None = None) -> torch.Tensor:
    """Make a training batch.

    Args:
        crops: N×C×H×W float32 on the 0..255 scale, cropped but not resized.
        spec: its input, resize and normalisation are used.
        name: a key of AUGMENTATIONS; None takes the one for the input's channels and normalisation.
    Returns: N×C×height×width float32 as the network takes it.
    """
    usual = "cut-out" if spec["normalisation"]["rule"] == "inside_mean_spread" else "stained" if spec["input"]["channels"] == "rgb" else "brightfield"
    return AUGMENTATIONS[name or usual](crops, spec)
