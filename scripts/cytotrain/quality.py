"""Image quality: plain measures of the crop that the network sees, and limits that good cells keep.

The twin of src/core/judge/quality.cpp: the same formulas, order and floors.
"""

import numpy as np

from cytotrain.prepare import REC_601_LUMA, composite_on_white, crop, frame_range, resize, stretch, to_channels

MEASURES = (
    "size", "brightness", "contrast", "white", "black", "colour", "detail_1", "detail_2", "detail_4", "detail_8", "border",
    "middle", "peak", "rim", "red", "blue",
)
LEAST_SPREAD, LEAST_DETAIL = 1e-3, 1e-9

# What a limit is widened by, so that the next microscope is not flagged for its lamp: brightness and contrast by a factor,
# which is larger where the normalisation takes them off anyway, the rest by an amount.
FACTOR = {"mean_std": 1.1, "corner_median_spread": 2.0, "inside_mean_spread": 2.0}
GREY_TINT, LEAST_SIZE, CLIPPED, LEAST_BRIGHTNESS = 8.0, 0.8, 0.02, 16.0
TAIL = 0.0025
"""Share of good cells beyond each limit."""


def measure(image: np.ndarray, spec: dict) -> np.ndarray:
    """Measure a decoded image as one model crops and resizes it.

    Returns: one number for each of MEASURES, float64; what they are stands in src/core/judge/quality.h.
    """
    opaque = composite_on_white(image)
    cut = crop(opaque, spec["crop"])
    full_scale = 257.0 if cut.dtype == np.uint16 else 1.0
    pixels = cut.astype(np.float64) / full_scale
    colour = float((pixels.max(2) - pixels.min(2)).mean())
    means = 1 + pixels.mean((0, 1))
    red, blue = np.log(means[[0, 2]] / means[1]) if len(means) == 3 else (0.0, 0.0)
    width, height = spec["input"]["width_px"], spec["input"]["height_px"]
    size = min(cut.shape[:2]) / {"none": min(cut.shape[:2]), "centre_square": spec["crop"].get("side_px"), "stained_cell": width}[spec["crop"]["rule"]]
    planes = resize(to_channels(cut, spec["input"]["channels"]), spec["resize"]["rule"], height, width)
    if spec["input"].get("range", "as_stored") == "frame_percentiles":
        planes = stretch(planes, *frame_range(opaque))
    planes = planes[0].double().numpy()
    luma = planes[0] if len(planes) == 1 else sum(weight * plane for weight, plane in zip(REC_601_LUMA, planes))

    mean = luma.mean()
    contrast = np.sqrt(((luma - mean) ** 2).mean())
    spread = max(contrast, LEAST_SPREAD)
    details = []
    for step in (1, 2, 4, 8):
        across = ((luma[:, step:] - luma[:, :-step]) ** 2).mean()
        down = ((luma[step:] - luma[:-step]) ** 2).mean()
        details.append(np.log(max((across + down) / 4, LEAST_DETAIL) / spread**2))
    rim_y, rim_x = max(1, height // 12), max(1, width // 12)
    is_rim = np.ones(luma.shape, bool)
    is_rim[rim_y:height - rim_y, rim_x:width - rim_x] = False
    rim_mean = luma[is_rim].mean()
    border = np.sqrt(((luma[is_rim] - rim_mean) ** 2).mean()) / spread
    inner = luma[height // 4:height - height // 4, width // 4:width - width // 4]
    middle = np.sqrt(((inner - inner.mean()) ** 2).mean()) / spread
    peak = np.log((((luma - mean) / spread) ** 4).mean() + LEAST_SPREAD)
    return np.array([
        size, mean, contrast, (luma >= 254).mean(), (luma <= 1).mean(), colour, *details, border, middle, peak, (rim_mean - mean) / spread, red, blue,
    ])


def fit_limits(measured: np.ndarray, spec: dict) -> dict[str, list[float | None]]:
    """Limits [low, high] of each measure that has any, from N×M measures of good cells.

    Every limit leaves at most TAIL of them outside before it is widened.
    """
    low, high = (dict(zip(MEASURES, np.quantile(measured, share, axis=0))) for share in (TAIL, 1 - TAIL))
    takes_colours_off = spec["input"].get("range") == "stained_cell"
    factor = 2.0 if takes_colours_off else FACTOR[spec["normalisation"]["rule"]]
    is_grey = spec["input"]["channels"] == "grey"
    # Of a camera that fills but a small part of its 16 bits nobody knows on which scale the next copy comes; such a model takes
    # the scale off anyway.
    has_scale = high["brightness"] >= LEAST_BRIGHTNESS or spec["normalisation"]["rule"] == "mean_std"
    limits = {
        "size": {"none": None, "centre_square": [LEAST_SIZE, None], "stained_cell": [LEAST_SIZE * low["size"], None]}[spec["crop"]["rule"]],
        "brightness": [
            low["brightness"] / factor, 255 - (255 - high["brightness"]) / factor if high["brightness"] > 127 else high["brightness"] * factor,
        ] if has_scale else None,
        "contrast": [low["contrast"] / factor, high["contrast"] * factor if has_scale else None],
        "white": [None, min(1.0, high["white"] + CLIPPED)],
        "black": [None, min(1.0, high["black"] + CLIPPED)],
        "colour": [None, high["colour"] + GREY_TINT] if is_grey else [low["colour"] / factor, None],
        **{name: [low[name], high[name]] for name in MEASURES if name.startswith("detail_")},
        "border": [None, high["border"]],
        "middle": [low["middle"], None],
    }
    # Towards the good cells' own values no limit may move by rounding.
    return {
        name: [None if pair[0] is None else float(np.floor(pair[0] * 1e4) / 1e4), None if pair[1] is None else float(np.ceil(pair[1] * 1e4) / 1e4)]
        for name, pair in limits.items() if pair
    }


def outside(measured: np.ndarray, limits: dict[str, list[float | None]]) -> dict[str, np.ndarray]:
    """For each measure with a limit, which of N×M measured cells lie outside."""
    found = {}
    for name, (low, high) in limits.items():
        values = measured[:, MEASURES.index(name)]
        found[name] = (values < low if low is not None else False) | (values > high if high is not None else np.zeros(len(values), bool))
    return found


def flags(one: np.ndarray, limits: dict[str, list[float | None]]) -> list[str]:
    """Names of what is wrong with one measured cell, each once, in the order of the measures."""
    found = []
    for name, (low, high) in limits.items():
        value = one[MEASURES.index(name)]
        side = 0 if low is not None and value < low else 1 if high is not None and value > high else None
        if side is not None and FLAGS[name][side] not in found:
            found.append(FLAGS[name][side])
    return found


FLAGS = {
    "size": ("wrong_size", "wrong_size"),
    "brightness": ("under_exposed", "over_exposed"),
    "contrast": ("blank", "strong_contrast"),
    "white": ("over_exposed", "over_exposed"),
    "black": ("under_exposed", "under_exposed"),
    "colour": ("grey_image", "colour_image"),
    "detail_1": ("out_of_focus", "grainy"),
    "detail_2": ("out_of_focus", "grainy"),
    "detail_4": ("too_large", "too_small"),
    "detail_8": ("too_large", "too_small"),
    "border": ("cut_by_border", "cut_by_border"),
    "middle": ("nothing_in_middle", "nothing_in_middle"),
}
"""What a measure below and above its limits is called."""
