"""Measure what it saves to label the cells that are suggested instead of cells drawn by lot.

    python scripts/prepare_data.py --data ../shared/data --out build/data
    scripts/build
    python scripts/measure_suggestions.py --data ../shared/data --prepared build/data

From three cells of a type ten more a round, out of at most 300 that are not tested on; balanced accuracy on the others, its mean over ten
draws, after 0, 1, 2, 4 and 8 rounds. Writes the table of docs/teaching.md. Where a set is one part, half of it, drawn by lot, is tested on.
"""

import argparse
import json
import subprocess
import tempfile
from pathlib import Path

import numpy as np
import torch

from cytotrain.card import replace_between, table
from cytotrain.encoder import Encoder
from cytotrain.tasks import MODELS_FOLDER
from measure_encoder import BY_IMAGE, MEASURED, MIDDLE, SMEAR, Drawn, columns_of, features_of, tasks
from measure_teaching import DOCUMENT, blocks_of

DRAWS, FIRST, EACH, ROUNDS, READ = 10, 3, 10, 8, (0, 1, 2, 4, 8)
MOST_OTHERS = 300
"""As `mostCandidates` of src/js/work/teacher.ts."""
TYPE_SIZE = 20
"""Types that have so many are taught, as in the other tables."""
WAYS = {"lot": "by lot", "unsure": "the least sure", "far": "the least sure and far"}
BEGIN, END = "<!-- suggestions: written by scripts/measure_suggestions.py -->", "<!-- end of suggestions -->"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", required=True, type=Path, help="folder of the data sets")
    parser.add_argument("--prepared", required=True, type=Path, help="what prepare_data.py wrote")
    arguments = parser.parse_args()
    torch.set_num_threads(1)
    encoder = Encoder(MODELS_FOLDER / "cell-encoder")
    rows = []
    for name, task in tasks(arguments.data, arguments.prepared, False).items():
        if name == BY_IMAGE:
            continue
        scores, types = measure(encoder, task)
        rows.append([f"{task.title} ({types} types)", *(", ".join(f"{100 * value:.1f}" for value in scores[way]) for way in WAYS)])
        print(*rows[-1], sep="; ", flush=True)
    replace_between(DOCUMENT, BEGIN, END, "\n".join(table(["", *WAYS.values()], rows)))


def measure(encoder: Encoder, task) -> tuple[dict[str, np.ndarray], int]:
    """By way, the mean balanced accuracies of the draws, and how many types there are."""
    drawn = Drawn(task)
    columns, divisors = columns_of(encoder.spec, MIDDLE + SMEAR + MEASURED)
    features = features_of(encoder, drawn, task)[:, :encoder.spec["turns"], columns]
    types = drawn.types(TYPE_SIZE)
    with tempfile.TemporaryDirectory() as folder:
        for seed in range(DRAWS):
            write_draw(Path(folder) / f"{seed:02d}", features, divisors, drawn, types, seed)
        subprocess.run(["node", str(Path(__file__).parent / "label_rounds.ts"), folder], check=True)
        said = [json.loads(file.read_text()) for file in sorted(Path(folder).glob("*.scores.json"))]
    return {way: np.mean([one[way] for one in said], 0) for way in WAYS}, len(types)


def write_draw(name: Path, features: np.ndarray, divisors: np.ndarray, drawn: Drawn, types: list[str], seed: int) -> None:
    random = np.random.RandomState(seed)

    def shuffled(files: np.ndarray) -> np.ndarray:
        return random.permutation(files[np.isin(drawn.labels[files], types)])

    # Only of files of some draw of measure_encoder.py there are features.
    pool = shuffled(np.intersect1d(drawn.pool, drawn.needed()))
    pool, tested = (pool[: len(pool) // 2], pool[len(pool) // 2 :]) if drawn.is_one_part else (pool, shuffled(drawn.test))
    first = np.concatenate([pool[drawn.labels[pool] == label][:FIRST] for label in types])
    files = np.concatenate([first, np.setdiff1d(pool, first)[random.permutation(len(pool) - len(first))][:MOST_OTHERS]])
    for ending, values in (("features", features[files].mean(1)), ("turned", features[files].var(1)), ("tested", features[tested].mean(1))):
        name.with_suffix(f".{ending}").write_bytes(values.astype("<f4").tobytes())
    places = {label: place for place, label in enumerate(types)}
    name.with_suffix(".json").write_text(json.dumps({
        "labels": [places[label] for label in drawn.labels[files]], "types": len(types), "blocks": blocks_of(divisors), "first": list(range(len(first))),
        "lot": list(range(len(first), len(files))), "truth": [places[label] for label in drawn.labels[tested]], "rounds": ROUNDS, "each": EACH, "read": READ,
    }))


if __name__ == "__main__":
    main()
