"""Environments that an attacker may have touched, and an index on this machine with wheels that uv installs."""

from __future__ import annotations

import hashlib

import pytest
from environments import environment, fresh, prepared
from package_index import Index, installable

from backportkit.proof.pins import File, Pin, Recipe

__all__ = ["environment", "fresh", "prepared"]


@pytest.fixture
def index(tmp_path, monkeypatch):
    """An index that uv asks alone, with a cache of uv's and one of ours for this test."""
    made = Index(tmp_path)
    variables = made.variables | {"UV_CACHE_DIR": str(tmp_path / "uv"), "PIP_FIND_LINKS": ""}
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    monkeypatch.delenv("PYTHONPATH")
    yield made
    made.close()


@pytest.fixture
def recipe(index):
    """The recipe of an environment that has `victim` 1.0."""
    content = installable("1.0", "def f(): return 'old'\n")
    index.put("victim-1.0-py3-none-any.whl", content)
    return Recipe((Pin("victim", "1.0", (File("victim-1.0-py3-none-any.whl", hashlib.sha256(content).hexdigest()),)),))


@pytest.fixture
def resolvable(index):
    """The index has what an environment of `victim` needs, so far as uv can tell."""
    for name, version in (("victim", "1.0"), ("packaging", "99.0"), ("pydantic", "99.0")):
        index.put(f"{name}-{version}-py3-none-any.whl", installable(version, "def f(): return 'old'\n", name))
    return index
