"""`scan --adopt` of the edits of torch in vLLM 0.33.0 agrees with the shipped patches. Uses the network."""

from __future__ import annotations

import json

import pytest
import warm

from backportkit.upstream.evidence import Evidence, Options

pytestmark = pytest.mark.torch

FILES = ("vllm/env_override.py", "vllm/utils/torch_version.py", "vllm-0.33.0.dist-info/METADATA")
PYPROJECT = '[project]\nname = "mine"\nversion = "1"\ndependencies = ["backportkit", "torch"]\n'
SAME = "this range has the same releases"
# By line: the shipped patch of the same target, and how the guard's range differs from that one's.
SHIPPED = {
    514: ("torch-166458", SAME),
    515: ("torch-165815", SAME),
    552: ("torch-166458", SAME),
    556: ("torch-165514", SAME),
    619: ("torch-177991", SAME),
    653: ("torch-177558", SAME),
    686: ("torch-176557", "this range lacks 2.6.0 to 2.9.1"),
    772: ("torch-178148", "this range lacks 2.5.0 to 2.10.0"),
    932: ("torch-196013", "this range has 1.0.0 to 2.3.1, which that one has not"),
}
# By line: those that ship no patch of the same target, and what they are.
OTHERS = {540: "add", 557: "replace", 902: "wrap", 912: "replace"}
HOOKS = (816, 963)

COMPARE = """
import importlib, json
from backportkit.declaration.registry import declared_patches
importlib.import_module("backportkit_patches.torch")
importlib.import_module("mine.adopted")
(written,) = declared_patches.find("mine-1").patch.edits
shipped = declared_patches.find({shipped!r}).patch.edits
(same,) = [one for one in shipped if str(one.target) == str(written.target)]
print(json.dumps([[one.original, one.fixed] for one in (written, same)]))
"""


@pytest.fixture(scope="module")
def vllm():
    """The files of the release, read out of its wheel."""
    archive = Evidence(Options()).archive("vllm", "0.33.0")
    return {name: archive.read(name) for name in FILES}


@pytest.fixture
def folder(tmp_path, vllm):
    """A project, and the release as if it were installed in a folder of it."""
    listed = "".join(f"{name},,\n" for name in (*FILES, "vllm/__init__.py")).encode()
    files = {**vllm, "vllm/__init__.py": b"", "vllm-0.33.0.dist-info/RECORD": listed}
    for name, content in files.items():
        path = tmp_path / "there" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
    (tmp_path / "pyproject.toml").write_text(PYPROJECT, "utf-8")
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine/__init__.py").touch()
    return tmp_path


def adopt(folder, line, code=0):
    """Adopt the edit at a line; return what was said."""
    place = f"there/vllm/env_override.py:{line}"
    words = ["scan", "there", "--adopt", place, "--id", "mine-1", "--into", "mine/adopted.py"]
    done = warm.fresh(["-m", "backportkit", *words], folder, {"PYTHONPATH": str(folder)})
    assert done.returncode == code, done.stderr + done.stdout
    return done.stderr if code else done.stdout


@pytest.mark.parametrize("line", SHIPPED)
def test_agrees_with_the_shipped_patch(folder, line):
    """Range and fingerprints are those of the shipped patch of that target; a range that differs is told, and how."""
    patch, difference = SHIPPED[line]
    said = adopt(folder, line)
    (folder / "compare.py").write_text(COMPARE.format(shipped=patch), "utf-8")
    done = warm.fresh(["compare.py"], folder, {"PYTHONPATH": str(folder)})
    (original, fixed), (shipped, fix) = json.loads(done.stdout)

    assert f"{patch} of backportkit patches it, too, for " in said
    assert f": {difference}; `backportkit explain {patch}` shows it\n" in said
    assert fixed == fix
    assert set(original) == set(shipped) if difference == SAME else set(shipped) >= set(original) or not shipped


@pytest.mark.parametrize("line", OTHERS)
def test_others_are_adopted(folder, line):
    """The edits that no shipped patch has the target of are adopted, too."""
    assert f" ({OTHERS[line]})\n" in adopt(folder, line)


@pytest.mark.parametrize("line", HOOKS)
def test_hooks_are_refused(folder, line):
    """The import hooks that make two of the edits late are no patches of their own."""
    assert "an import hook is how other patches are made" in adopt(folder, line, 2)
