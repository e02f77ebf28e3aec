"""The tag of torch's compiled caches and Dynamo's state, with a package that stands for torch."""

from __future__ import annotations

import shutil

import pytest

pytestmark = pytest.mark.warm

ENTRY = {
    "torch 2.11": "class Value:\n    user_override = unset\n",
    "torch 2.12": (
        "from contextvars import ContextVar\n"
        "class Value:\n"
        "    def __init__(self):\n"
        "        self.user_override = ContextVar('cache_key_tag', default=unset)\n"
    ),
}

# What torch.utils._config_module makes of torch.compiler.config: an entry with the places that a value can come from.
CONFIG = """
import os, sys, types

unset = object()

{entry}
    default = ""
    env_value_force = unset
    env_value_default = os.environ.get("TORCH_COMPILE_CACHE_KEY_TAG", unset)

class Config(types.ModuleType):
    def __getattr__(self, name):
        try:
            entry = self._config[name]
        except KeyError:
            raise AttributeError(name) from None
        override = entry.user_override.get() if hasattr(entry.user_override, "get") else entry.user_override
        values = entry.env_value_force, override, entry.env_value_default, entry.default
        return next(value for value in values if value is not unset)

    def __setattr__(self, name, value):
        entry = self._config[name]
        if hasattr(entry.user_override, "set"):
            entry.user_override.set(value)
        else:
            entry.user_override = value

_config = {{"cache_key_tag": Value()}}
sys.modules[__name__].__class__ = Config
"""

PATCHES = """
import backportkit
import backportkit.integrations.torch as cache
from backportkit import Edit, Patch, backport, register

HELP = 1

@backport("torch.made:make", requires="torch>=2,<3", id="made-1", summary="makes the wrong thing")
def make():
    return HELP

register(Patch(
    id="made-2", summary="the wrong limit", requires="torch>=2,<3", edits=[Edit(target="torch.made:LIMIT", value=2)]
))
register(Patch(
    id="made-3", summary="of another torch", requires="torch<2", edits=[Edit(target="torch.made:LIMIT", value=3)]
))
"""


@pytest.fixture(params=list(ENTRY))
def torch_world(request, world):
    """A world with a torch 2.11.0, which has what is needed of it, and with three patches for it."""
    world.distribution("torch", "2.11.0")
    world.write("torch/__init__.py", "")
    world.write("torch/compiler/config.py", CONFIG.format(entry=ENTRY[request.param]))
    world.write("torch/made.py", "LIMIT = 1\ndef make():\n    return 0\n")
    world.write("patches.py", PATCHES)
    return world


READ = """
import patches, backportkit
backportkit.apply_all(only="made-*", exclude=[name for name in sys.argv[1:] if name.startswith("made")])
if "target" in sys.argv:
    import torch.made
import torch.compiler.config as config
print(config.cache_key_tag)
"""


def test_tag_is_the_same_wherever_the_same_patches_are_in_force(torch_world):
    (both,) = torch_world.run(READ)
    assert both.startswith("backportkit-")
    assert torch_world.run(READ, "target") == [both]
    assert torch_world.run(READ, "made-3") == [both]
    (first,), (second,) = torch_world.run(READ, "made-2"), torch_world.run(READ, "made-1")
    assert len({both, first, second}) == 3
    assert torch_world.run(READ, "made-1", "made-2") == [""]
    assert torch_world.run(READ, env={"BACKPORTKIT_DISABLE": "made-1,made-2"}) == [""]
    assert torch_world.run(READ, env={"BACKPORTKIT_DISABLE": "backportkit-torch-cache"}) == [""]
    torch_world.write("patches.py", PATCHES.replace("HELP = 1", "HELP = 2"))
    assert torch_world.run(READ)[0] not in {both, first, second}


@pytest.mark.parametrize(("ids", "is_tagged"), [(["torch-178148"], False), (["torch-*", "backportkit-torch-*"], True)])
def test_tag_and_a_policy(torch_world, ids, is_tagged):
    """A policy whose rule for backportkit does not name the patch of the tag leaves it out."""
    torch_world.write("backportkit-policy.toml", f"[providers.backportkit]\nids = {ids!r}\n")
    torch_world.write("tool.toml", "[tool.backportkit]\npolicy = 'backportkit-policy.toml'\n")
    config = str(torch_world.folder / "tool.toml")
    state = "print([one.state.value for one in backportkit.status() if one.id == 'backportkit-torch-cache'])\n"
    script = READ.replace('made")])', f'made")], config={config!r})') + state
    (tag, said) = torch_world.run(script)
    assert (tag.startswith("backportkit-"), said) == (is_tagged, "['applied']" if is_tagged else "['disabled']")


def test_tag_of_the_users_is_kept_and_extended_whenever_it_was_set(torch_world):
    script = """
    import patches, backportkit
    import torch.compiler.config as config
    if "before" in sys.argv:
        config.cache_key_tag = "mine"
    entry = config._config["cache_key_tag"]
    backportkit.apply_all(only="made-1")
    tag = config.cache_key_tag
    print(tag.partition("+backportkit-")[0])
    config.cache_key_tag = tag                       # as a config.patch that ends does
    print(config.cache_key_tag == tag)
    with backportkit.unpatched("made-1"):
        print(config.cache_key_tag)
    print(config.cache_key_tag == tag)
    config.cache_key_tag = "other"
    print(config.cache_key_tag.partition("+backportkit-")[0])
    config.cache_key_tag = config.cache_key_tag
    backportkit.unpatch_all()
    print(config.cache_key_tag, config._config["cache_key_tag"] is entry)
    """
    rest = ["other", "other True"]
    assert torch_world.run(script, "before") == ["mine", "True", "mine", "True", *rest]
    given = {"TORCH_COMPILE_CACHE_KEY_TAG": "given"}
    assert torch_world.run(script, env=given) == ["given", "True", "given", "True", *rest]


def test_torch_without_the_setting_is_said_in_status(world):
    world.distribution("torch", "2.5.1")
    world.write("patches.py", PATCHES)
    script = """
    import patches, backportkit
    backportkit.apply_all(only="made-1")
    record = backportkit.status()[0]
    print(record.id, record.state, record.reason, record.provider)
    """
    reason = "torch 2.5.1 is installed; the patch is for >=2.6"
    assert world.run(script) == [f"backportkit-torch-cache dormant {reason} backportkit"]


def test_replacement_without_source_is_told_apart_by_its_code(torch_world):
    script = """
    import backportkit
    import backportkit.integrations.torch
    import torch.compiler.config as config
    names = {}
    exec(f"def make():\\n    return {sys.argv[1]}", names)
    backportkit.backport("torch.made:make", requires="torch>=2,<3", id="made-1", summary="makes it")(names["make"])
    backportkit.apply_all(only="made-1")
    print(config.cache_key_tag)
    """
    (one,), (again,), (other,) = (torch_world.run(script, number) for number in "112")
    assert one == again != other


def test_dynamo_forgets_what_it_compiled_before_a_patch_came_or_while_it_was_there(world):
    world.distribution("torch", "2.11.0")
    world.write("torch/__init__.py", "")
    world.write(
        "torch/_dynamo/__init__.py", "def reset():\n    print('reset')\n    convert_frame.output_codes.seen.clear()\n"
    )
    world.write("torch/_dynamo/convert_frame.py", "class output_codes:\n    seen = []\n")
    world.write("torch/made.py", "def make():\n    return 0\n")
    world.write("torch/compiler/config.py", CONFIG.format(entry=ENTRY["torch 2.11"]))
    script = """
    import backportkit
    import backportkit.integrations.torch
    def make():
        return 1
    backportkit.backport("torch.made:make", requires="torch>=2,<3", id="made-1", summary="makes it")(make)
    if "early" in sys.argv:
        backportkit.apply_all(only="made-1")
    import torch.made, torch.compiler.config, torch._dynamo.convert_frame
    seen = torch._dynamo.convert_frame.output_codes.seen
    seen.append("compiled")
    print("applying")
    backportkit.apply_all(only="backportkit-torch-cache")  # which changes nothing of what is compiled
    backportkit.apply_all(only="made-1")
    print("undoing")
    backportkit.unpatch_all()
    backportkit.apply_all(only="made-1")
    """
    assert world.run(script) == ["applying", "reset", "undoing"]
    assert world.run(script, "early") == ["applying", "undoing", "reset"]


ONE = """
import backportkit, backportkit.integrations.torch

@backportkit.backport("torch.made:make", requires="torch>=2,<3", id="made-1", summary="makes it", {more})
def make():
    return {body}
"""


def test_tag_leaves_out_a_patch_once_its_target_has_turned_out_to_have_another_body(torch_world):
    """A waiting patch counts, one that has drifted does not, though it was counted when the tag was read before."""
    torch_world.write("patches.py", ONE.format(more='original="ast1:000000000000"', body=1))
    script = """
    import patches, backportkit
    backportkit.apply_all(only="made-1")
    import torch.compiler.config as config
    print(config.cache_key_tag[:12])
    try:
        import torch.made
    except backportkit.PatchImportError:
        print("refused", config.cache_key_tag)
    """
    assert torch_world.run(script) == ["backportkit-", "refused "]


def test_tag_tells_apart_how_one_replacement_is_put_in(torch_world):
    """The same text as a wrapper, or with the target's globals, compiles to something else."""
    torch_world.write("helper.py", "LIMIT = 2\ndef make():\n    return LIMIT\n")
    declared = """
import backportkit, backportkit.integrations.torch
from backportkit import Edit, Patch, register
edit = Edit(target="torch.made:make", replacement="helper:make", {more})
register(Patch(id="made-1", summary="makes it", requires="torch>=2,<3", edits=[edit]))
"""
    tags = []
    for more in ("", 'namespace="target"', 'how="wrap"'):
        torch_world.write("patches.py", declared.format(more=more))
        tags += torch_world.run(READ)
    assert len(set(tags)) == len(tags) == 3


def test_tag_of_a_development_build_is_the_same_before_and_after_its_target_is_imported(torch_world):
    """A patch that only its target's body decides on counts while it waits: a cache hit may spare the import."""
    shutil.rmtree(torch_world.folder / "torch-2.11.0.dist-info")
    torch_world.distribution("torch", "3.0.0.dev20260101")
    fingerprint = torch_world.run(
        "from backportkit.source import fingerprint\nprint(fingerprint.of_installed('torch.made', ['make']).value)"
    )[0]
    more = f'original="{fingerprint}", prereleases="by-fingerprint"'
    torch_world.write("patches.py", ONE.format(more=more, body=1))
    before, after = torch_world.run(READ), torch_world.run(READ, "target")
    assert before == after
    assert before[0].startswith("backportkit-")


def test_tag_is_the_same_when_somebody_wraps_what_is_patched(torch_world):
    """The patch is still in effect beneath the wrapper, and what was compiled with it is right."""
    torch_world.write("patches.py", ONE.format(more="", body=1))
    script = """
    import functools
    import patches, backportkit
    backportkit.apply_all(only="made-1")
    import torch.compiler.config as config
    import torch.made
    tag = config.cache_key_tag
    patched = torch.made.make
    torch.made.make = functools.wraps(patched)(lambda: 10 * patched())
    print(torch.made.make(), tag[:12], config.cache_key_tag == tag)
    print(next(one.state for one in backportkit.status() if one.id == "made-1"), config.cache_key_tag == tag)
    backportkit.apply_all(only="made-1")
    print(torch.made.make(), config.cache_key_tag == tag)
    """
    assert torch_world.run(script) == ["10 backportkit- True", "applied True", "10 True"]
