"""Write tests/golden/tiny-shapes/golden/explain.json: deletion curves and turned pictures of the tiny model's images, by numpy.

    python scripts/golden_explain.py

After scripts/golden_tiny_model.py, whose model and images it takes; the core must compute the same with either engine.
"""

import argparse

import numpy as np

from cytotrain import explain
from cytotrain.model_folder import ExportedModel, format_json
from cytotrain.prepare import decode, prepare
from golden_tiny_model import FOLDER


def main() -> None:
    argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter).parse_args()
    model = ExportedModel(FOLDER)
    cases = [describe(model, file) for file in sorted((FOLDER / "golden").glob("*.png"))]
    (FOLDER / "golden" / "explain.json").write_text(format_json({"cases": cases}) + "\n")
    for case in cases:
        print(case["image"], case["turns"], case["deletion"]["map_area"], case["deletion"]["random_area"], case["deletion"]["beaten"])


def describe(model: ExportedModel, image_file) -> dict:
    tensor = prepare(decode(image_file), model.spec).numpy()[0]
    features = model.features(tensor[None])
    whole = model.probabilities(model.logits(features))[0]
    named = int(whole.argmax())

    def probabilities(inputs: np.ndarray) -> np.ndarray:
        return model.probabilities(model.logits(model.features(np.ascontiguousarray(inputs))))

    pictures = probabilities(explain.turned(tensor))
    return {
        "image": image_file.name,
        "turns": {
            "agree": int((pictures.argmax(1) == named).sum()), "of": len(pictures),
            "least_probability": float(pictures[:, named].min()), "mean_probability": float(pictures[:, named].mean()),
        },
        "deletion": explain.deletion(
            float(whole[named]), tensor, model.activation_map(features[0], named), lambda inputs: probabilities(inputs)[:, named]
        ),
    }


if __name__ == "__main__":
    main()
