"""Find images of a folder that show the same pixels: shifted, turned, mirrored or brightened, as cut and augmented data sets hold them.

    python scripts/find_copies.py --images ../shared/data/viability/images --out scripts/viability_copies.csv

Needs `pip install opencv-python-headless`; searches the folder to its bottom. Images on both sides of a split that share cells test what was trained. Two images are
copies where SIFT points of one lie, by one turn and shift, on like points of the other or of its mirror image, and where, laid upon each
other, even their finest grain is the same: that of two photographs, however alike, differs. Overlaps with next to nothing in them are not
found. Writes a row a pair: the images, how alike their grain is, from 0 to 1, and the 2 × 3 matrix, row by row, that leads from a place in the
first, in px from the middle of its first pixel, to that in the second.
Six minutes for 1,600 images of 220 × 220 px.
"""

import argparse
import csv
from collections import defaultdict
from pathlib import Path

import cv2
import numpy as np

from cytotrain.tasks import IMAGE_SUFFIXES

POINTS = 300
LEAST_CONTRAST = 0.01
LEAST_COSINE = 0.95
LIKEST = 4
LEAST_POINTS = 3
LEAST_GRAIN = 0.9  # lines of a counting chamber laid upon each other come to 0.87
LEAST_OVERALL = 0.5  # spares the search where there is nothing to find
BLOCK_PX = 16
LEAST_BLOCKS = 4


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--images", required=True, type=Path)
    parser.add_argument("--out", required=True, type=Path)
    arguments = parser.parse_args()
    files = sorted(file for file in arguments.images.rglob("*") if file.suffix.lower() in IMAGE_SUFFIXES)
    images = [cv2.imread(str(file), cv2.IMREAD_GRAYSCALE) for file in files]
    unread = [str(file) for file, image in zip(files, images) if image is None]
    if unread or not files:
        raise SystemExit(f"not read as images: {', '.join(unread)}" if unread else f"{arguments.images} holds no images")
    names = [file.relative_to(arguments.images).as_posix() for file in files]
    found: dict[tuple[int, int], tuple[float, np.ndarray]] = {}
    theirs = described(images)
    for is_mirrored in (False, True):
        shown = [np.ascontiguousarray(image[:, ::-1]) for image in images] if is_mirrored else images
        pairs = alike(described(shown) if is_mirrored else theirs, theirs)
        print(f"{len(files)} images{', mirrored' * is_mirrored}: {len(pairs)} pairs to lay upon each other", flush=True)
        for (first, second), (here, there) in pairs.items():
            grain, matrix = laid_upon(shown[first], images[second], here, there)
            if grain > max(LEAST_GRAIN, found.get((first, second), (0,))[0]):
                mirror = np.array([[-1, 0, images[first].shape[1] - 1], [0, 1, 0], [0, 0, 1]])
                found[first, second] = grain, matrix @ mirror if is_mirrored else matrix
    rows = [{"image": names[first], "copy": names[second], "grain": f"{grain:.2f}", "matrix": " ".join(f"{value:.6g}" for value in matrix.ravel())}
            for (first, second), (grain, matrix) in sorted(found.items())]
    with open(arguments.out, "w", newline="") as out:
        writer = csv.DictWriter(out, ["image", "copy", "grain", "matrix"], lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)
    print(f"{len(files)} images, {len(rows)} pairs of copies of {len({row[side] for row in rows for side in ('image', 'copy')})} images")


Described = tuple[np.ndarray, np.ndarray, np.ndarray]
"""Of each SIFT point the image's number, N; its place in px, N×2; its descriptor, of length 1, N×128."""


def alike(firsts: Described, seconds: Described) -> dict[tuple[int, int], tuple[np.ndarray, np.ndarray]]:
    """Like points of pairs of images.

    Args:
        firsts: of the images as they, or their mirror images, are the first of a pair.
        seconds: of the images as they are the second; the first of a pair comes before the second in their order.
    Returns: of each pair M×2 in px in the first, M×2 in the second.
    """
    numbers, points, descriptors = seconds
    found = defaultdict(list)
    for start in range(0, len(firsts[0]), 2_000):
        mine = firsts[0][start:start + 2_000]
        begin = np.searchsorted(numbers, mine[0], "right")
        cosines = firsts[2][start:start + 2_000] @ descriptors[begin:].T
        rows, columns = np.nonzero((cosines > LEAST_COSINE) & (mine[:, None] < numbers[begin:]))
        # Points of straight lines, as a counting chamber's, are like each other everywhere: of each point only the likest count.
        order = np.lexsort((-cosines[rows, columns], rows))
        rows, columns = rows[order], columns[order]
        rank = np.arange(len(rows)) - np.searchsorted(rows, rows)
        for row, column in zip(rows[rank < LIKEST] + start, columns[rank < LIKEST] + begin):
            found[int(firsts[0][row]), int(numbers[column])].append((row, column))
    return {pair: (firsts[1][[a for a, _ in matches]], points[[b for _, b in matches]])
            for pair, matches in found.items() if len(matches) >= LEAST_POINTS}


def described(images: list[np.ndarray]) -> Described:
    sift = cv2.SIFT_create(POINTS, contrastThreshold=LEAST_CONTRAST)
    numbers, points, descriptors = [], [], []
    for number, image in enumerate(images):
        found, values = sift.detectAndCompute(image, None)
        if found:
            numbers += [number] * len(found)
            points += [point.pt for point in found]
            descriptors.append(values / np.linalg.norm(values, axis=1, keepdims=True))
    return np.array(numbers), np.array(points), np.concatenate(descriptors)


def laid_upon(first: np.ndarray, second: np.ndarray, here: np.ndarray, there: np.ndarray) -> tuple[float, np.ndarray | None]:
    """How alike the grain of both is, 0 where they do not fit, and the 2×3 matrix that leads from the first to the second."""
    matrix, inliers = cv2.estimateAffinePartial2D(here, there, method=cv2.RANSAC, ransacReprojThreshold=2)
    if matrix is None or inliers.sum() < LEAST_POINTS or not 0.9 < np.hypot(*matrix[0, :2]) < 1.1:
        return 0.0, None
    grain = grain_under(matrix, first, second)
    best = max(((grain_under(moved, first, second), moved) for moved in placements(matrix)), key=lambda one: one[0], default=(0.0, None)) if grain else (0.0, None)
    return best if best[0] > grain - 0.01 else (grain, matrix)


def placements(matrix: np.ndarray) -> list[np.ndarray]:
    """Where a transform is close to a turn by quarters, such ones near it that move pixels upon pixels."""
    close = np.round(matrix[:, :2])
    if np.abs(close - matrix[:, :2]).max() > 0.03 or abs(np.linalg.det(close)) != 1:
        return []
    shift = np.round(matrix[:, 2])
    return [np.column_stack([close, shift + (x, y)]) for x in (-1, 0, 1) for y in (-1, 0, 1)]


def grain_under(matrix: np.ndarray, first: np.ndarray, second: np.ndarray) -> float:
    """How alike the grain of the second is to that of the first, moved; 0 where they overlap by little or look different."""
    size = second.shape[::-1]
    warped = cv2.warpAffine(first, matrix, size, flags=cv2.INTER_LINEAR)
    is_seen = cv2.warpAffine(np.ones_like(first), matrix, size, flags=cv2.INTER_NEAREST) > 0
    if is_seen.sum() < LEAST_BLOCKS * BLOCK_PX**2 or np.corrcoef(warped[is_seen], second[is_seen])[0, 1] < LEAST_OVERALL:
        return 0.0
    return alike_grain(warped, second, is_seen)


def alike_grain(first: np.ndarray, second: np.ndarray, is_seen: np.ndarray) -> float:
    """The median correlation of what is finer than 7 px, over the quieter half of the blocks, where grain is all there is.

    Lines and cells of two images may lie upon each other, and then all that is loud correlates.
    """
    first, second = (image.astype(np.float32) - cv2.blur(image.astype(np.float32), (7, 7)) for image in (first, second))
    is_inner = cv2.erode(is_seen.astype(np.uint8), np.ones((7, 7), np.uint8)) > 0
    found = []
    for top in range(0, first.shape[0] - BLOCK_PX + 1, BLOCK_PX):
        for left in range(0, first.shape[1] - BLOCK_PX + 1, BLOCK_PX):
            block = (slice(top, top + BLOCK_PX), slice(left, left + BLOCK_PX))
            loudness = max(first[block].std(), second[block].std())
            if is_inner[block].all() and min(first[block].std(), second[block].std()) > 0.2:
                found.append((loudness, np.corrcoef(first[block].ravel(), second[block].ravel())[0, 1]))
    quiet = [correlation for _, correlation in sorted(found)[:(len(found) + 1) // 2]]
    return float(np.median(quiet)) if len(found) >= LEAST_BLOCKS else 0.0


if __name__ == "__main__":
    main()
