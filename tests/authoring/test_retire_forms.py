"""`retire` takes out declarations of every form, with what only they used, and nothing else."""

from __future__ import annotations

import json
import textwrap

import pytest

pytestmark = pytest.mark.warm

INIT = '"""What we do."""\n'
PROJECT = """
[project]
name = "mine"
version = "1"
dependencies = ["victim>=2"]
"""
ENTRY = '\n[project.entry-points."backportkit.patches"]\nvictim = "mine.backports"\n'
GONE = None


def tree(**files):
    """Return the files of the package, dedented, by their names: `backports` is mine/backports.py."""
    known = {"toml": "mine/backports.toml", "json": "mine/backports.json"}
    names = {name: known.get(name) or f"mine/{name.replace('__', '/')}.py" for name in files}
    return {
        names[name]: None if text is None else textwrap.dedent(text).lstrip("\n").replace("# second\n", SECOND[2:])
        for name, text in files.items()
    }


SECOND = """

register(
    {"id": "victim-2", "summary": "s", "requires": "victim<4", "target": "victim:g", "replacement": "mine.fixes:g"}
)
"""
LOADING = """
from pathlib import Path

from backportkit import load

load(Path(__file__).with_name("{}"))
"""

# What is there before, and what is there afterwards of the files that change.
FORMS = {
    "class with what it adds": (
        tree(
            backports='''
            from backportkit import added, backport, register

            def _limit(): return 3

            def _checked(price): return max(price, _limit())

            @backport(
                "victim:C", requires="victim<2", id="victim-1", adds={"_checked": _checked}
            )
            class C:
                """C.method() is wrong."""

                EMPTY = added("nothing")

                def method(self):
                    return _checked(1)


            # second
            '''
        ),
        tree(backports="from backportkit import register\n" + SECOND),
    ),
    "several edits": (
        tree(
            backports="""
            from backportkit import Edit, Patch, register

            from mine.fixes import f

            PATCH = Patch(
                id="victim-1",
                summary="s",
                requires="victim<2",
                edits=[
                    Edit(target="victim:f", replacement=f),
                    Edit(target="victim:h", replacement="mine.fixes:h"),
                    Edit(target="victim:LIMIT", value=3),
                ],
            )
            register(PATCH)


            # second
            """,
            fixes="""
            import os
            import re


            def f(): return re


            def g(): return os


            def h(): return f()
            """,
        ),
        tree(
            backports="from backportkit import register\n" + SECOND,
            fixes="""
            import os


            def g(): return os
            """,
        ),
    ),
    "function under two decorators": (
        tree(
            backports='''
            from backportkit import backport


            @backport("victim:f", requires="victim<2", id="victim-1")
            # as in f
            @backport("victim:g", requires="victim<4", id="victim-2")
            def f():
                """Both are wrong."""
            '''
        ),
        tree(
            backports='''
            from backportkit import backport


            # as in f
            @backport("victim:g", requires="victim<4", id="victim-2")
            def f():
                """Both are wrong."""
            '''
        ),
    ),
    "function that something else calls": (
        tree(
            backports='''
            import backportkit


            @backportkit.backport("victim:f", requires="victim<2", id="victim-1")
            def f():
                """f() is wrong."""


            def other():
                return f()
            '''
        ),
        tree(
            backports='''
            def f():
                """f() is wrong."""


            def other():
                return f()
            '''
        ),
    ),
    "under a condition": (
        tree(
            backports='''
            import sys

            from backportkit import backport

            if sys.version_info >= (3, 8):
                import re

                @backport("victim:f", requires="victim<2", id="victim-1")
                def f():
                    """f() is wrong."""
                    return re
            else:
                import os

            X = 1; Y = 2
            '''
        ),
        tree(
            backports="""
            import sys

            if sys.version_info >= (3, 8):
                pass
            else:
                import os

            X = 1; Y = 2
            """
        ),
    ),
    "import that may fail": (
        tree(
            backports='''
            from backportkit import backport

            try:
                import tomllib
            except ImportError:
                tomllib = None

            X = 1


            @backport("victim:f", requires="victim<2", id="victim-1")
            def f():
                """f() is wrong."""
                return tomllib
            '''
        ),
        tree(backports="X = 1\n"),
    ),
    "callbacks and reproducer in modules of their own": (
        tree(
            backports="from backportkit import register\n"
            'register({"id": "victim-1", "summary": "s", "requires": "victim<2", "target": "victim:f",\n'
            '"replacement": "mine.inner.fixes:f", "callbacks": {"after_apply": "mine.inner.again:clear"}})\n',
            inner____init__='"""Inner."""\n',
            inner__fixes="def f(): pass\n",
            inner__again="from . import _cache\n\n\ndef clear(module): _cache.clear()\n",
            inner___cache="def clear(): pass\n",
        ),
        tree(backports=GONE, inner____init__=GONE, inner__fixes=GONE, inner__again=GONE, inner___cache=GONE),
    ),
    "TOML": (
        tree(
            backports=LOADING.format("backports.toml"),
            fixes="def f(): pass\n\n\ndef g(): pass\n",
            toml="""
            # ours

            # the first
            [[patch]]
            id = "victim-1"
            summary = "s"
            requires = ["victim<2"]

            [[patch.edits]]
            target = "victim:f"
            replacement = "mine.fixes:f"

            # the second
            [[ patch ]]
            id = "victim-2"  # stays
            summary = "s"
            requires = ["victim<4"]
            target = "victim:g"
            replacement = "mine.fixes:g"
            """,
        ),
        tree(
            fixes="def g(): pass\n",
            toml="""
            # ours

            # the second
            [[ patch ]]
            id = "victim-2"  # stays
            summary = "s"
            requires = ["victim<4"]
            target = "victim:g"
            replacement = "mine.fixes:g"
            """,
        ),
    ),
    "the last one of a TOML file": (
        tree(
            backports=LOADING.format("backports.toml"),
            fixes="def f(): pass\n",
            toml="""
            [[patch]]
            id = "victim-1"
            summary = "s"
            requires = ["victim<2"]
            target = "victim:f"
            replacement = "mine.fixes:f"
            """,
        ),
        tree(backports=GONE, fixes=GONE, toml=GONE),
    ),
}


def write(patched, files):
    patched.write("pyproject.toml", PROJECT + ENTRY)
    patched.write("mine/__init__.py", INIT)
    for name, text in files.items():
        path = patched.folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, "utf-8")
    return patched.commit()


@pytest.mark.parametrize("form", FORMS)
def test_form(patched, form):
    """What is left is what a person would leave."""
    files, changed = FORMS[form]
    before = write(patched, files)
    is_last = changed.get("mine/backports.py", "") in (GONE, "X = 1\n") or "victim<4" not in str(changed | files)
    after = before | changed | {"pyproject.toml": PROJECT if is_last else PROJECT + ENTRY}
    assert patched.retired() == {name: text for name, text in after.items() if text is not GONE}


@pytest.mark.parametrize("indent", [None, 2])
def test_json(patched, indent):
    """Of a JSON file the other patches stay as they are written."""
    fields = {"summary": "s", "target": "victim:f", "replacement": "mine.fixes:f"}
    ranges = {"victim-1": "victim<2", "victim-2": "victim<4", "victim-3": "victim<2", "victim-4": "victim<4"}
    patches = [{"id": name, "requires": [text], **fields} for name, text in ranges.items()]
    for one, letter in zip(patches, "fghi", strict=True):
        one["target"] = f"victim:{letter}"
    text = json.dumps({"patch": patches}, indent=indent)
    write(
        patched,
        {
            "mine/backports.py": LOADING.format("backports.json"),
            "mine/backports.json": text,
            "mine/fixes.py": "def f(): pass\n",
        },
    )
    left = patched.retired("victim-1", "victim-3")["mine/backports.json"]
    assert left == json.dumps({"patch": [patches[1], patches[3]]}, indent=indent)
