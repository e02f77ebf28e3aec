"""The bug is there without the patch, as the marker and the fixture of the plugin take it out."""

from __future__ import annotations

import pytest
from downstream.reproducers import ancestors_end

PATCH = "zipp-cve-2024-5569"


@pytest.mark.unpatched(PATCH)
def test_bug_is_there_without_it():
    with pytest.raises(AssertionError, match="'//', '//'"):
        ancestors_end()


def test_bug_is_there_from_here_on(unpatched):
    ancestors_end()
    unpatched(PATCH)
    with pytest.raises(AssertionError, match="'//', '//'"):
        ancestors_end()


def test_patch_is_back():
    ancestors_end()
