"""A security fix that Django made in three release branches, as one patch, proved at both ends of each.

The first branch begins before 4.2: `prove --matrix` finds that the releases back to 2.2.4 have the bug, too, which
upstream has not fixed there, since it supported them no more.
"""

from __future__ import annotations

import json

import pytest
import warm

pytestmark = pytest.mark.tools

DECLARATION = '''
"""Strip tags of a text in bounded time: https://nvd.nist.gov/vuln/detail/CVE-2024-53907."""

from backportkit import Edit, Patch, Reproducer, any_of, register

register(
    Patch(
        id="django-cve-2024-53907",
        summary="strip_tags() of unfinished tags within each other takes time by the square of their number.",
        requires=any_of("django>=2.2.4,<4.2.17", "django>=5.0,<5.0.10", "django>=5.1,<5.1.4"),
        fixes="https://www.djangoproject.com/weblog/2024/dec/04/security-releases/",
        edits=[
            Edit(target="django.utils.html:MAX_STRIP_TAGS_DEPTH", value=50, how="add"),
            Edit(
                target="django.utils.html:SuspiciousOperation",
                replacement="django.core.exceptions:SuspiciousOperation",
                how="add",
            ),
            Edit(
                target="django.utils.html:strip_tags",
                replacement="django_fixes:strip_tags",
                namespace="target",
                original="ast1:681ccda5b089",
                fixed="ast1:beb686428e20",
            ),
        ],
        reproducer=Reproducer(run="django_fixes:reproduce", expect="51 tags were stripped one by one"),
    )
)
'''

FIXES = '''
"""Upstream's own body."""

from typing import TYPE_CHECKING

from django.utils.functional import keep_lazy_text

if TYPE_CHECKING:
    from django.core.exceptions import SuspiciousOperation
    from django.utils.html import MAX_STRIP_TAGS_DEPTH, _strip_once


@keep_lazy_text
def strip_tags(value):
    """Return the given HTML with all tags stripped."""
    value = str(value)
    # Note: in typical case this loop executes _strip_once twice (the second
    # execution does not remove any more tags).
    strip_tags_depth = 0
    while "<" in value and ">" in value:
        if strip_tags_depth >= MAX_STRIP_TAGS_DEPTH:
            raise SuspiciousOperation
        new_value = _strip_once(value)
        if value.count("<") == new_value.count("<"):
            # _strip_once wasn't able to detect more tags.
            break
        value = new_value
        strip_tags_depth += 1
    return value


def reproduce():
    from django.core.exceptions import SuspiciousOperation
    from django.utils.html import strip_tags

    assert strip_tags("<b>a</b> < c") == "a < c"
    try:
        strip_tags("<" * 51 + "a>" * 51)
    except SuspiciousOperation:
        return
    raise AssertionError("51 tags were stripped one by one")
'''


@pytest.fixture
def provider(world):
    """A world with the declaration and its body, and an environment that proofs share."""
    world.write("django_backports.py", DECLARATION)
    world.write("django_fixes.py", FIXES)
    return world


def test_fix_in_three_branches(provider):
    """The patch is proved at both ends of each branch of Django, and dormant on the releases next to them."""
    command = [
        "-m",
        "backportkit",
        "prove",
        "django-cve-2024-53907",
        "--import",
        "django_backports",
        "--matrix",
        "--every",
    ]
    folders = {"PYTHONPATH": str(provider.folder), "BACKPORTKIT_CACHE": str(provider.folder / "cache")}
    done = warm.run([*command, "--json"], provider.folder, folders)
    (matrix,) = json.loads(done.stdout)
    found = {cell["version"]: cell["outcome"] for cell in matrix["cells"]}
    proved = dict.fromkeys(("2.2.4", "4.2.16", "5.0", "5.0.9", "5.1", "5.1.3"), "proved")
    dormant = dict.fromkeys(("4.2.17", "4.2.30", "5.0.10", "5.0.14", "5.1.4"), "dormant")
    assert found == {"2.2.3": "unfit"} | proved | dormant, done.stdout
    assert (done.returncode, matrix["holds"], matrix["right"]) == (0, True, None)
