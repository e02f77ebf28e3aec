"""Compiled caches on disk, shared by processes with and without a patch: each gets what is right for it."""

from __future__ import annotations

import subprocess

import pytest

pytestmark = pytest.mark.torch

# The first one makes Inductor generate something else, as a patch of a code generator does: what is wrong can be seen.
# The second one is in a module that is not imported where the cache has what is asked for.
PATCHES = """
from functools import wraps
from backportkit import backport

@backport("torch._inductor.codegen.cpp:CppVecOverrides", id="mine-1", summary="sin is cos", requires="torch>=2,<3")
class CppVecOverrides:
    @staticmethod
    def sin(x):
        return f"{x}.cos()"

@backport("torch._inductor.bounds:BoundVars.get_bounds", id="mine-2", summary="-", requires="torch>=2,<3", how="wrap")
def get_bounds(original):
    @wraps(original)
    def get_bounds(self):
        return original(self)
    return get_bounds
"""

COMPILE = """
import sys
sys.path.insert(0, {folder!r})
import backportkit
import mine
if sys.argv[1:]:
    backportkit.apply_all(only=sys.argv[1])
import believe_the_cpu
import torch

x = torch.linspace(0, 1, 64)
with torch.no_grad():
    found = torch.compile(lambda x: x.sin())(x)
kind = next(name for name in ("sin", "cos") if torch.allclose(found, getattr(x, name)()))
counters = torch._dynamo.utils.counters
hits = counters["inductor"]["fxgraph_cache_hit"] + counters["aot_autograd"]["autograd_cache_hit"]
state = next(str(one.state) for one in backportkit.status() if one.id == sys.argv[1]) if sys.argv[1:] else "none"
print(kind, "hit" if hits else "miss", state)
"""

TAGS = """
import sys
import backportkit
if "late" in sys.argv:
    import torch.compiler.config
backportkit.apply_all()
if "early" in sys.argv:
    backportkit.status()  # reads the declarations, which else are read before torch's compiler is imported
import torch._dynamo
config = torch.compiler.config
entry = config._config["cache_key_tag"].entry
whole = config.cache_key_tag
print(whole)
config.cache_key_tag = "mine"
print(config.cache_key_tag == "mine+" + whole.rpartition("+")[2])
with config.patch(cache_key_tag="theirs"):
    print(config.cache_key_tag == "theirs+" + whole.rpartition("+")[2])
print(config.cache_key_tag.count("backportkit"))
backportkit.unpatch("torch-178148")
print(config.cache_key_tag not in ("mine", "mine+" + whole.rpartition("+")[2]))
backportkit.unpatch_all()
print(config.cache_key_tag, config._config["cache_key_tag"] is entry)
"""


@pytest.fixture
def python(torch_2_11, tmp_path, compiling):
    """Run a script with the interpreter of torch 2.11 and a cache of this test's own; return the lines it printed."""
    (tmp_path / "mine.py").write_text(PATCHES, "utf-8")

    def run(script, *arguments, **variables):
        env = compiling(**variables)
        command = [torch_2_11, "-c", script.replace("{folder!r}", repr(str(tmp_path))), *arguments]
        done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=600, env=env)
        assert done.returncode == 0, done.stderr
        return done.stdout.splitlines()

    return run


def test_cache_gives_each_process_what_it_would_have_compiled(python):
    assert python(COMPILE) == ["sin miss none"]
    assert python(COMPILE, "mine-1") == ["cos miss applied"]
    assert python(COMPILE) == ["sin hit none"]
    assert python(COMPILE, "mine-1") == ["cos hit applied"]


@pytest.mark.long
def test_cache_with_a_tag_of_the_users_gives_each_process_its_own_too(python):
    tag = {"TORCH_COMPILE_CACHE_KEY_TAG": "mine"}
    assert python(COMPILE, **tag) == ["sin miss none"]
    assert python(COMPILE, "mine-1", **tag) == ["cos miss applied"]
    assert python(COMPILE, **tag) == ["sin hit none"]
    assert python(COMPILE, "mine-1", **tag) == ["cos hit applied"]


def test_cache_heeds_a_patch_whose_target_is_not_imported_for_a_hit(python):
    assert python(COMPILE, "mine-2") == ["sin miss applied"]
    assert python(COMPILE, "mine-2") == ["sin hit waiting"]
    assert python(COMPILE) == ["sin miss none"]


@pytest.mark.parametrize("when", ["early", "late"])
def test_tag_follows_what_the_user_sets_and_is_gone_when_all_is_undone(python, when):
    whole, *rest = python(TAGS, when, TORCH_COMPILE_CACHE_KEY_TAG="given")
    assert whole.startswith("given+backportkit-")
    assert rest == ["True", "True", "1", "True", "mine True"]
