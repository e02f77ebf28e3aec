"""An index for each test."""

from __future__ import annotations

import pytest
from package_index import Index


@pytest.fixture
def index(tmp_path):
    """An index for one test."""
    made = Index(tmp_path)
    yield made
    made.close()
