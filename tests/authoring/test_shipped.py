"""`new` writes the shipped patches anew from upstream's releases, as docs/new.md says. Uses the network."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import warm

PAGE = Path(__file__).parents[2] / "docs" / "new.md"
LOWERING = ("dense", "contiguous", "contiguous_strides", "channels_last")
WRAPPER, SCHEDULER = "torch._inductor.codegen.wrapper:PythonWrapperCodegen", "torch._inductor.scheduler:Scheduler"

# By id: what is asked for, and what of range, fingerprints, bodies and additions is not the declared one.
CASES = {
    "torch-178148": ("torch._inductor.codegen.cpp:CppVecKernel.indirect_assert", ()),
    "torch-163707": (f"{WRAPPER}.write_kernel_autotune_defs_header --fixed-in 2.10", ()),
    "torch-165514": (f"{WRAPPER}.memory_plan_reuse --fixed-in 2.9.1 --since 2.9", ("additions",)),
    "torch-165815": (f"{SCHEDULER}.get_graph_partition_signature --fixed-in 2.9.1 --since 2.9", ()),
    "torch-166458": (f"{SCHEDULER}.should_partition --fixed-in 2.9.1", ("additions",)),
    "torch-176557": ("torch._inductor.codecache:FxGraphCachePickler.dumps --fixed-in 2.11 --since 2.6", ("bodies",)),
    "torch-177558": (
        "torch._dynamo.convert_frame:GraphCaptureOutput.get_runtime_env --fixed-in 2.12 --since 2.10",
        ("bodies",),
    ),
    "torch-177991": (
        " ".join(f"torch._inductor.lowering:require_{name}" for name in LOWERING)
        + " torch._inductor.lowering:constrain_to_fx_strides --fixed-in 2.12 --since 2.11",
        ("additions",),
    ),
    "starlette-cve-2025-54121": (
        "starlette.datastructures:UploadFile.write --fixed-in 0.47.2 --since 0.13.5",
        ("additions",),
    ),
    "starlette-cve-2025-62727": (
        "starlette.responses:FileResponse._parse_range_header --fixed-in 0.49.1 --since 0.39",
        (),
    ),
    "requests-cve-2024-47081": ("requests.utils:get_netrc_auth --fixed-in 2.32.4 --since 2.19", ()),
    "tomlkit-277": ("tomlkit.items:Integer --fixed-in 0.11.7 --since 0.4", ()),
    "pypdf-cve-2026-22690": (
        "pypdf._reader:PdfReader.root_object --fixed-in 6.6 --since 5.0.1",
        ("bodies", "additions"),
    ),
}

COMPARE = """
import ast, importlib, inspect, json
from backportkit.declaration.registry import declared_patches
from backportkit.source import fingerprint
from backportkit.source.functions import function_of
shipped, package = {shipped!r}, {package!r}
importlib.import_module(f"backportkit_patches.{{package}}")
importlib.import_module(f"mine._backports.{{package}}")
ours, theirs = declared_patches.find(shipped).patch, declared_patches.find("mine-1").patch
def body(edit):
    try: function = function_of(edit.replacement.resolve())
    except ImportError: return None
    source = inspect.getsource(function)
    tree = ast.parse("if True:\\n" + source).body[0] if source[0].isspace() else ast.parse(source)
    (node,) = tree.body
    node.decorator_list = [one for one in node.decorator_list if ast.unparse(one)[:5] not in ("backp", "added")]
    return fingerprint.of_node(node)
def edits(patch, how): return {{str(one.target): one for one in patch.edits if (one.how == "add") == how}}
def added(patch): return {{name: one.has_value or body(one) for name, one in edits(patch, True).items()}}
changed, written = edits(ours, False), edits(theirs, False)
same = {{
    "range": ours.requires == theirs.requires,
    "fingerprints": all(
        set(one.original) == set(written[name].original) and one.fixed == written[name].fixed
        for name, one in changed.items()
    ),
    "bodies": all(body(one) is not None and body(one) == body(written[name]) for name, one in changed.items()),
    "additions": added(ours) == added(theirs) and changed.keys() == written.keys(),
}}
print(json.dumps([name for name, is_same in same.items() if not is_same]))
"""


@pytest.fixture
def folder(tmp_path):
    """A project that is held at torch 2.11."""
    text = '[project]\nname = "mine"\nversion = "1"\ndependencies = ["torch>=2.9,<2.12"]\n'
    (tmp_path / "pyproject.toml").write_text(text, "utf-8")
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine/__init__.py").touch()
    return tmp_path


def run(arguments, folder):
    done = warm.fresh(arguments, folder, {"PYTHONPATH": str(folder)})
    assert done.returncode == 0, done.stderr + done.stdout
    return done.stdout


@pytest.mark.parametrize(
    "patch", [pytest.param(one, marks=pytest.mark.torch if "torch" in one else pytest.mark.tools) for one in CASES]
)
def test_shipped_patch_is_written_anew(folder, patch):
    """Range, fingerprints, bodies and additions are the declared ones, but for what the table names."""
    line, differing = CASES[patch]
    fixes = ["--fixes", "https://github.com/pytorch/pytorch/pull/178148"] if patch == "torch-178148" else []
    run(["-m", "backportkit", "new", *line.split(), *fixes, "--id", "mine-1"], folder)
    (folder / "compare.py").write_text(COMPARE.format(shipped=patch, package=patch.partition("-")[0]), "utf-8")
    assert json.loads(run(["compare.py"], folder)) == list(differing)


def test_table_of_the_page():
    """The page says of each what is not as it is declared."""
    rows = [line.split("|") for line in PAGE.read_text("utf-8").splitlines() if line.startswith("| `")]
    said = {row[1].strip(" `"): row[3].strip() for row in rows if row[1].strip(" `") in CASES}
    assert {name: said[name] == "equal" for name in CASES} == {name: not CASES[name][1] for name in CASES}
