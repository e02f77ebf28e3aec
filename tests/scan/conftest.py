"""A project that is scanned by the command line."""

from __future__ import annotations

import json

import pytest
import warm
from package_index import Index


@pytest.fixture
def scan(tmp_path):
    """Write the files of a project, and return the document of `backportkit scan` about it, which asks no index."""

    def run(files, *arguments, offline=True):
        for name, text in files.items():
            path = tmp_path / "project" / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(text.encode() if isinstance(text, str) else text)
        line = ["-m", "backportkit", "scan", "--json", *(["--offline"] if offline else []), *(arguments or ["."])]
        done = warm.run(line, tmp_path / "project", {"BACKPORTKIT_CACHE": str(tmp_path / "cache")})
        assert done.returncode in {0, 1, 3}, done.stderr
        return json.loads(done.stdout)

    return run


@pytest.fixture
def index(tmp_path):
    """An index for one test."""
    made = Index(tmp_path)
    yield made
    made.close()
