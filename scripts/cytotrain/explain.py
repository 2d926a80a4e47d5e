"""Deletion curves of class activation maps, the twin of src/core/explain/deletion.h, in plain numpy."""

from collections.abc import Callable

import numpy as np

MOST_STEPS = 16
MAP_ORDER, MIDDLE_ORDER, FIRST_RANDOM_ORDER, RANDOM_ORDERS = 0, 1, 2, 19
ORDERS = FIRST_RANDOM_ORDER + RANDOM_ORDERS
NOISE, LEAST_GAP, PERHAPS_BEATEN = 1e-4, 0.01, 15


def split_mix(seed: int):
    """Numbers of 64 bits, for ever: SplitMix64 (Steele et al. 2014)."""
    mask = 2**64 - 1
    while True:
        seed = (seed + 0x9E3779B97F4A7C15) & mask
        z = seed
        z = ((z ^ (z >> 30)) * 0xBF58476D1CE4E5B9) & mask
        z = ((z ^ (z >> 27)) * 0x94D049BB133111EB) & mask
        yield z ^ (z >> 31)


def deletion_order(activation_map: np.ndarray, order: int) -> list[int]:
    """Regions of an h×w map, row by row from 0, in the order in which they are deleted."""
    height, width = activation_map.shape
    regions = list(range(height * width))
    if order == MAP_ORDER:
        values = activation_map.ravel()
        return sorted(regions, key=lambda region: -values[region])
    if order == MIDDLE_ORDER:
        def distance(region: int) -> int:
            return ((2 * (region // width) + 1 - height) * width) ** 2 + ((2 * (region % width) + 1 - width) * height) ** 2
        return sorted(regions, key=distance)
    random = split_mix(order)
    for i in range(len(regions) - 1, 0, -1):
        j = next(random) % (i + 1)
        regions[i], regions[j] = regions[j], regions[i]
    return regions


def deleted(tensor: np.ndarray, activation_map: np.ndarray, order: int) -> np.ndarray:
    """A C×H×W input with more and more regions deleted: steps×C×H×W float32."""
    (height, width), (rows, columns) = tensor.shape[1:], activation_map.shape
    side = max(1, min(height, width) // 8)
    ends_y, ends_x = (np.r_[0:side, max(side, size - side):size] for size in (height, width))
    corners = np.sort(tensor[:, ends_y][:, :, ends_x].reshape(len(tensor), -1), axis=1)
    background = corners[:, (corners.shape[1] - 1) // 2][:, None, None]
    regions, current, all_steps = deletion_order(activation_map, order), tensor.copy(), []
    steps = min(len(regions), MOST_STEPS)
    for step in range(steps):
        for region in regions[step * len(regions) // steps:(step + 1) * len(regions) // steps]:
            row, column = divmod(region, columns)
            current[:, row * height // rows:(row + 1) * height // rows, column * width // columns:(column + 1) * width // columns] = background
        all_steps.append(current.copy())
    return np.stack(all_steps)


def deletion(whole: float, tensor: np.ndarray, activation_map: np.ndarray, probability: Callable[[np.ndarray], np.ndarray]) -> dict:
    """The curves and areas of one cell.

    Args:
        whole: probability of the map's class with nothing deleted.
        probability: that of N×C×H×W inputs, N values.
    """
    regions = activation_map.size
    steps = min(regions, MOST_STEPS)
    shares = np.array([step * regions // steps for step in range(steps + 1)]) / regions
    curves = np.array([[whole, *probability(deleted(tensor, activation_map, order))] for order in range(ORDERS)])
    areas = ((curves[:, 1:] + curves[:, :-1]) / 2) @ np.diff(shares)
    gap = areas[FIRST_RANDOM_ORDER:].mean() - areas[MAP_ORDER]
    beaten = int((areas[FIRST_RANDOM_ORDER:] > areas[MAP_ORDER] + NOISE).sum())
    explained = "little" if gap < LEAST_GAP or beaten < PERHAPS_BEATEN else "clearly" if beaten == RANDOM_ORDERS else "perhaps"
    return {
        "shares": shares.tolist(), "by_map": curves[MAP_ORDER].tolist(), "from_middle": curves[MIDDLE_ORDER].tolist(),
        "at_random": curves[FIRST_RANDOM_ORDER:].mean(0).tolist(), "map_area": float(areas[MAP_ORDER]),
        "middle_area": float(areas[MIDDLE_ORDER]), "random_area": float(areas[MAP_ORDER] + gap), "beaten": beaten, "explains": explained,
    }


def turned(tensor: np.ndarray) -> np.ndarray:
    """A square C×N×N input in all eight ways, itself first: mirrored left to right from the fifth on, then turned clockwise."""
    return np.stack([np.rot90(tensor if way < 4 else tensor[:, :, ::-1], -(way % 4), (1, 2)) for way in range(8)])
