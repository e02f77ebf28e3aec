"""`check` follows the keys of a target through what is written out, and says where only running it tells."""

from __future__ import annotations

import json

import pytest
import warm

pytestmark = pytest.mark.warm

VICTIM = """
def handle(x): return "old"
CONFIG = {"formatters": {"default": {"fmt": "%(old)s", "use": None}}, "hosts": ["a", ["b", "c"]]}
CONFIG["formatters"]["default"]["late"] = 1
PLAIN = {"a": {"b": 1}, "l": [1, 2], "t": (1, 2), "s": {1}, "made": dict(b=1), "none": None}
STARRED = [*CONFIG]
FUNCTIONS = [handle]
GROWN = [{"b": 1}]
GROWN[0]["c"] = 1
routes = [handle]
if handle(1):
    EITHER = {"a": 1}
else:
    EITHER = dict(a=2)
"""
CHECKED = {
    "CONFIG['formatters']['default']['fmt'], value='x'": {},
    "CONFIG['formatters']['default']['zzz'], value='x'": {
        "BK206": "cannot be judged without running it: 'CONFIG' may get its items as the module runs"
    },
    "PLAIN['a']['zzz'], value='x'": {"BK208": "does not apply: 'PLAIN'['a'] of victim has no 'zzz'"},
    "PLAIN['zzz']['b'], value='x'": {"BK208": "does not apply: 'PLAIN' of victim has no 'zzz'"},
    "PLAIN['a']['b'], value='x', how='add'": {"BK211": "how='add', and there is an item of that key already"},
    "PLAIN['a']['b']['c'], value='x'": {
        "BK218": "mapping 'a' of mapping 'PLAIN' of module victim has 'b', but it is no"
    },
    "PLAIN['l'][0], value='x'": {},
    "PLAIN['l'][9], value='x'": {"BK208": "does not apply: 'PLAIN'['l'] of victim has no 9"},
    "PLAIN['l'][-1], value='x'": {
        "BK218": "list 'l' of mapping 'PLAIN' of module victim has its items by their number"
    },
    "PLAIN['l'][2], value='x', how='add'": {"BK218": "list 'l' of mapping 'PLAIN' of module victim has its items by"},
    "PLAIN['t'][0], value='x'": {"BK218": "mapping 'PLAIN' of module victim has 't', but it is no mapping that"},
    "PLAIN['s'][0], value='x'": {"BK218": "mapping 'PLAIN' of module victim has 's', but it is no mapping that"},
    "PLAIN['made']['b'], value='x'": {
        "BK206": "cannot be judged without running it: 'PLAIN' may get its items as the module runs"
    },
    "PLAIN['none'][0], value='x'": {
        "BK206": "cannot be judged without running it: 'PLAIN' may get its items as the module runs"
    },
    "STARRED[0], value='x'": {
        "BK206": "cannot be judged without running it: 'STARRED' may get its items as the module runs"
    },
    "FUNCTIONS[0], replacement=lambda: 1": {
        "BK201": "calls that work with the original fail: 'x' can no longer be given"
    },
    "GROWN[0]['b'], value='x'": {},
    "GROWN[0]['c'], value='x'": {
        "BK206": "cannot be judged without running it: 'GROWN' may get its items as the module runs"
    },
    "EITHER['a'], value='x'": {"BK206": "cannot be judged without running it: 'EITHER' "},
    "routes[0].endpoint, value='x'": {
        "BK206": "cannot be judged without running it: 'routes' is made as the module runs"
    },
}


def test_keys_are_followed(world, start):
    """Keys that a module lacks are errors, and what only running tells is said to be so."""
    world.distribution("victim", "1.0")
    world.write("victim.py", VICTIM)
    declared = "\n".join(
        f"register(Patch(id='p{number}', summary='s', requires='victim<2', target=\"victim:{line.partition(',')[0]}\","
        f"{line.partition(',')[2]}))"
        for number, line in enumerate(CHECKED)
    )
    world.write("mine.py", f"from backportkit import Patch, register\n{declared}\n")
    done = start(world, "check", "mine.py", "--json")
    findings = [one for one in json.loads(done.stdout)["findings"] if one["code"] not in {"BK101", "BK102", "BK104"}]
    found = {line: {} for line in CHECKED}
    for one in findings:
        found[[*CHECKED][int(one["patch"][1:])]][one["code"]] = one["message"]
    assert {line: set(codes) for line, codes in found.items()} == {line: set(said) for line, said in CHECKED.items()}
    for line, said in CHECKED.items():
        for code, words in said.items():
            assert found[line][code].startswith(words), (line, found[line])


def test_diff_shows_the_item_alone(world):
    """The item is shown as it is written, beside the one that is put there; an added one stands beside nothing."""
    world.distribution("victim", "1.0")
    world.write("victim.py", VICTIM)
    targets = {"PLAIN['l'][0]": "replace", "PLAIN['a']['new']": "add", "PLAIN['a']['zzz']": "replace"}
    edits = [{"target": f"victim:{target}", "value": [7], "how": how} for target, how in targets.items()]
    patch = {"id": "p-1", "summary": "s", "requires": "victim<2", "edits": edits}
    world.write("mine.py", f"from backportkit import register\nregister({patch!r})\n")
    done = warm.run(["-m", "backportkit", "diff", "p-1", "--import", "mine"], world.folder, {"COLUMNS": "300"})
    shown = [line for line in done.stdout.splitlines() if line[:1] in "+-" and line[:3] not in {"+++", "---"}]
    assert shown[:3] == ["-PLAIN['l'][0] = 1", "+PLAIN['l'][0] = [7]", "+PLAIN['a']['new'] = [7]"]
    assert shown[4:] == ["+PLAIN['a']['zzz'] = [7]"]
