"""Read the versions that a frozen application was built with; it has the metadata of few of its distributions."""

from __future__ import annotations

import os

NAME = "backportkit-distributions.json"  # beside the package's __init__, put there by integrations/pyinstaller


def version(name: str) -> str | None:
    """The version of a distribution, by its normalised name, when the application was built; None where it is unknown.

    The distribution may not be in the application: then none of its modules is imported either.
    """
    import json

    from backportkit.names import normalised

    try:
        with open(os.path.join(os.path.dirname(os.path.dirname(__file__)), NAME), encoding="utf-8") as file:  # noqa: PTH118, PTH120, PTH123
            found: dict[str, str] = json.load(file)
    except OSError:
        return None
    return next((each for other, each in found.items() if normalised(other) == name), None)
