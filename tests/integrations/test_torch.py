"""The tag of torch's compiled caches and Dynamo's state, with a package that stands for torch."""

from __future__ import annotations

import pytest

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
