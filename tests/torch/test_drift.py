"""A torch wheel whose target was changed on disk: refused if it is anybody's change, left alone if it is the fix."""

from __future__ import annotations

import subprocess
from contextlib import contextmanager
from pathlib import Path

import pytest

pytestmark = pytest.mark.torch

FIND = "from backportkit.source import reader; print(reader.of_module('torch._inductor.codegen.cpp').file)"
OLD, FIX = "_get_mask_type(var.dtype)}({mask})", "_get_mask_type(var.dtype)}::from({mask})"
LINE, OTHER_LINE = 'f"({cond}) | ~({mask})"', 'f"~({mask}) | ({cond})"'

FIRST_COMPILE = """
import backportkit
backportkit.apply_all()
import believe_the_cpu
from backportkit_patches.torch.torch_178148_reproducer import reproduce
try:
    reproduce()
except Exception as error:
    while not isinstance(error, backportkit.PatchImportError):
        error = error.__cause__ or error.__context__
    print(type(error.__cause__).__name__)
    print(error)
status = next(one for one in backportkit.status() if one.id == "torch-178148")
print(status.state, "|", status.reason)
"""


@contextmanager
def changed(python, old, new):
    """Change one line of the target's body in the installed wheel."""
    path = Path(subprocess.run([python, "-c", FIND], capture_output=True, text=True, check=True).stdout.strip())
    text = path.read_text("utf-8")
    start = text.index("def indirect_assert(", text.index("class CppVecKernel("))
    assert old in text[start:]
    path.unlink()  # a link to uv's cache, whose copy must stay as it is
    path.write_text(text[:start] + text[start:].replace(old, new, 1), "utf-8")
    try:
        yield
    finally:
        path.write_text(text, "utf-8")


def first_compile(python, variables):
    command = [python, "-c", FIRST_COMPILE]
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=600, env=variables)
    assert done.returncode == 0, done.stderr
    return done.stdout.splitlines()


def test_body_that_somebody_changed_is_refused_by_the_first_compile(torch_2_11, compiling):
    with changed(torch_2_11, LINE, OTHER_LINE):
        lines = first_compile(torch_2_11, compiling())
    kind, head, target, expected, found, advice, state = lines
    value = found.removeprefix("  found:    ")
    assert kind == "DriftError"
    assert head == (
        "patch 'torch-178148': torch._inductor.codegen.cpp is not imported unpatched: "
        "the installed body is not the one it was written against"
    )
    assert target == "  target:   torch._inductor.codegen.cpp:CppVecKernel.indirect_assert"
    assert expected == "  expected: ast1:8b23bcbdab7e"
    assert value.startswith("ast1:")
    assert advice == (
        "  next:     run `backportkit diff torch-178148` and mend the patch, or start with "
        "BACKPORTKIT_DISABLE=torch-178148"
    )
    assert state == f"drifted | the installed body is not the one it was written against; found {value}"


def test_upstreams_fix_on_disk_is_recognised_and_nothing_is_patched(torch_2_11, compiling):
    with changed(torch_2_11, OLD, FIX):
        lines = first_compile(torch_2_11, compiling())
    assert lines == ["absorbed | the installed body is upstream's fix already"]
