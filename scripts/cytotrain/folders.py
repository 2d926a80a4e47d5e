"""The folders in models/; needs nothing but Python."""

import json
from pathlib import Path


def folders_of_kind(models: Path, kind: str) -> list[Path]:
    """List the folders of one kind in alphabetical order; a spec that says none is a classifier's.

    Args:
        kind: "classifier", "detector" or "encoder".
    """
    return [file.parent for file in sorted(models.glob("*/spec.json")) if json.loads(file.read_text()).get("kind", "classifier") == kind]
