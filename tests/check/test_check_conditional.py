"""The definition that the source shows of a target is the one at run time, or one of several that are named."""

from __future__ import annotations

import json

import pytest

from backportkit.source import fingerprint

pytestmark = pytest.mark.warm

# Random modules that bind one name in many ways: what runs must be among what the source is said to have, and be all
# that it is said to have where that is one thing. Says the number of modules, and of those that were told for certain.
RANDOM = """
    import random
    from backportkit.source.found import Kind
    from backportkit.source.lookup import Library
    sys.dont_write_bytecode = True

    def simple(dice, depth):
        number = dice.randrange(14)
        if number < 4:
            return ["def floor(): pass"]
        if number == 4:
            return ["from math import *"]
        if number == 5:
            return ["from math import floor"]
        if number == 6:
            return ["from plain import *"]
        if number == 7:
            return ["from empty import *"]
        if number == 8:
            return ["import nowhere_to_be_found"] if depth else ["pass"]
        if number == 9:
            return ["floor = 5"]
        if number == 10:
            return ["from nowhere_to_be_found import floor"] if depth else ["pass"]
        return [dice.choice(["other = 1", "(floor := 7)", "if (floor := flip()): pass", "def other(): pass"])]

    def block(dice, depth, tries):
        lines = [line for _ in range(dice.randrange(1, 4)) for line in statement(dice, depth, tries)]
        return ["    " + line for line in lines]

    def statement(dice, depth, tries):
        blocks = ["if", "version", "try", "loop", "with", "match"] if depth < 3 else []
        kind = dice.choice(["simple"] * 4 + blocks)
        inner = lambda: block(dice, depth + 1, tries or kind == "try")
        if kind == "if":
            return ["if flip():", *inner(), *(["else:", *inner()] if dice.random() < 0.6 else [])]
        if kind == "version":
            tests = ["sys.version_info >= (3, 8)", "sys.version_info[0] == 2", "sys.platform == 'plan9'", "True"]
            tests += ["not TYPE_CHECKING", "os.name == 'posix' and flip()", "sys.platform.startswith('win') or flip()"]
            return [f"if {dice.choice(tests)}:", *inner(), "else:", *inner()]
        if kind == "try":
            ends = ["except ImportError:", *inner(), *(["    raise"] if dice.random() < 0.1 else [])]
            ends += ["else:", *inner()] if dice.random() < 0.4 else []
            return ["try:", *inner(), *ends, *(["finally:", *inner()] if dice.random() < 0.2 else [])]
        if kind == "loop":
            return [dice.choice(["for _ in flips():", "for floor in flips():", "while flip():"]), *inner()]
        if kind == "with":
            return [dice.choice(["with suppress(ImportError):", "with opened() as floor:", "with opened():"]), *inner()]
        if kind == "match":
            return ["match flip():", "    case True:", *("    " + line for line in inner())] + (
                ["    case _:", *("    " + line for line in inner())] if dice.random() < 0.5 else [])
        return simple(dice, depth if tries else 0)

    def place(value):
        code = getattr(value, "__code__", None)
        if code is not None:
            return code.co_filename.rpartition("/")[2], code.co_firstlineno
        return "native" if callable(value) else "value"

    def told(found):
        if found.kind is Kind.FUNCTION:
            return found.source.path.rpartition("/")[2], found.nodes[-1].lineno
        return {Kind.NATIVE: "native", Kind.VALUE: "value", Kind.MISSING: None}.get(found.kind, "unknown")

    import contextlib, os, pathlib
    pathlib.Path("plain.py").write_text("def floor(): pass\\n")
    pathlib.Path("empty.py").write_text("_floor = 1\\n")
    modules = certain = 0
    for seed in range(800):
        dice = random.Random(seed)
        lines = [line for _ in range(dice.randrange(1, 6)) for line in statement(dice, 0, False)]
        name = f"made_{seed}"
        path = pathlib.Path(f"{name}.py")
        path.write_text("\\n".join(lines))
        library = Library()
        found = library.find(name, ["floor"])
        candidates = [told(one) for one in found.candidates]
        for run in range(4):
            dice = random.Random(f"{seed} {run}")
            space = {"flip": lambda: dice.random() < 0.5, "flips": lambda: range(dice.randrange(3))}
            space |= {"sys": sys, "os": os}
            space |= {"suppress": contextlib.suppress, "opened": contextlib.nullcontext, "TYPE_CHECKING": False}
            try:
                exec(compile(path.read_text(), str(path.resolve()), "exec"), space)
            except ImportError:
                continue
            ran = place(space["floor"]) if "floor" in space else None
            assert ran is None or ran in candidates, (seed, ran, candidates, path.read_text())
            modules += 1
            certain += len(candidates) == 1
        path.unlink()
    print("many" if modules > 1500 and certain > modules / 3 else (modules, certain))
    """


def test_what_runs_is_among_what_the_source_is_said_to_have(world):
    """No verdict about random modules with every kind of branch is wrong, and many are certain."""
    assert world.run(RANDOM) == ["many"]


# --- the commands beside run time ---

HEAD = "from backportkit import backport\n"
HEAD += "more = dict(requires='victim<2', fixes='https://x.example/1', reproducer='platform:platform')\n"
PATCH = "@backport('{target}', id='victim-{number}', {given}**more)\ndef f(*args, **kwargs): 'what breaks'\n"


@pytest.fixture
def told(world, start):
    """Install a victim, declare patches of it, and return what `check` finds."""

    def tell(victim, *targets, **files):
        world.distribution("victim", "1.5")
        world.write("victim.py", victim)
        for name, text in files.items():
            world.write(f"{name}.py", text)
        patches = [
            PATCH.format(target=target, number=place, given=given) for place, (target, given) in enumerate(targets)
        ]
        world.write("mine.py", HEAD + "".join(patches))
        found = json.loads(start(world, "check", "mine.py", "--json").stdout)["findings"]
        return [(one["code"], one["message"]) for one in found]

    return tell


def print_of(text, name="f"):
    return fingerprint.of_source(text, name.split("."))


def outcomes(world):
    """Tell for each patch its reason before the import of its target and its state afterwards."""
    script = """
        import backportkit, mine
        before = [one.reason for one in backportkit.status() if one.id.startswith("victim-")]
        backportkit.apply_all()
        try:
            import victim
        except backportkit.BackportError:
            pass
        after = [one.state.value for one in backportkit.status() if one.id.startswith("victim-")]
        for reason, state in zip(before, after):
            print(state, "|", reason)
        """
    return [line.split(" | ") for line in world.start(script).stdout.splitlines()]


PLATFORM = """
    import sys
    if sys.platform == "no such platform":
        def f(x): return "other"
    elif sys.version_info >= (3, 8):
        def f(x): return "here"
    else:
        def f(x): return "old"
    class C:
        if sys.implementation.name:
            def m(self): return "here"
        else:
            def m(self): return "other"
    """
HERE, THERE = print_of("def f(x): return 'here'"), print_of("def f(x): return 'other'")
M_HERE = print_of("def m(self): return 'here'", "m")


def test_branches_of_this_python_and_platform_are_told_as_they_run(told, world):
    """A definition that this platform takes is the body; one that it does not take is none."""
    found = told(
        PLATFORM,
        ("victim:f", f"original={HERE!r}, "),
        ("victim:f", f"original={THERE!r}, "),
        ("victim:C.m", f"original={M_HERE!r}, "),
    )
    assert [(code, message) for code, message in found if code != "BK210"] == [
        ("BK209", f"expected {THERE}, found {HERE}")
    ]


UNTOLD = {
    "if": "import os\nif os.environ:\n    def f(x): return 'here'\nelse:\n    def f(x): return 'other'\n",
    "try": "try:\n    import nowhere\nexcept ImportError:\n"
    "    def f(x): return 'here'\nelse:\n    def f(x): return 'other'\n",
    "before": "def f(x): return 'here'\nimport os\nif not os.environ:\n    def f(x): return 'other'\n",
    "loop": "def f(x): return 'other'\nfor _ in [1]:\n    def f(x): return 'here'\n",
    "match": "match 1 + 1:\n    case 2:\n"
    "        def f(x): return 'here'\n    case _:\n        def f(x): return 'other'\n",
    "from": "def f(x): return 'here'\ntry:\n    from elsewhere import f\nexcept ImportError:\n    pass\n",
    "star": "def f(x): return 'here'\ntry:\n    from elsewhere import *\nexcept ImportError:\n    pass\n",
}
ELSEWHERE = "raise ImportError\ndef f(x): return 'other'\n"


@pytest.mark.parametrize("victim", UNTOLD.values(), ids=UNTOLD.keys())
def test_one_of_several_definitions_is_said_to_be_one_of_them(told, world, victim):
    """`check` and status name all definitions that may count as the module runs; to fit one of them is not wrong."""
    found = told(victim, ("victim:f", f"original={HERE!r}, "), elsewhere=ELSEWHERE)
    assert [code for code, _ in found] == ["BK206"]
    assert "it is one of these: " in found[0][1]
    ((state, reason),) = outcomes(world)
    assert state == "applied"
    assert "several bodies are on disk, and which of them counts is known as the module runs" in reason


@pytest.mark.parametrize("victim", UNTOLD.values(), ids=UNTOLD.keys())
def test_body_that_is_none_of_several_has_drifted(told, world, victim):
    """A fingerprint that fits none of the definitions cannot fit the one that counts."""
    found = told(victim, ("victim:f", "original='ast1:0123456789ab', "), elsewhere=ELSEWHERE)
    assert [code for code, _ in found] == ["BK209"]
    assert HERE in found[0][1]
    assert THERE in found[0][1]
    assert "not the one that it was written against" in outcomes(world)[0][1]


def test_diff_shows_the_definition_that_was_meant(told, world, start):
    """`diff` shows the definition that has the fingerprint of `original`, else the last of several."""
    told(UNTOLD["if"], ("victim:f", f"original={HERE!r}, "), ("victim:f", "supersedes='victim-0', "))
    meant = start(world, "diff", "victim-0", "--import", "mine").stdout
    assert "-    def f(x): return 'here'".replace("    ", "", 1) in meant
    assert "one of 2 definitions, of which running the module tells the one that counts" in meant
    assert "as original=... expects: the patch fits" in meant
    assert "-def f(x): return 'other'" in start(world, "diff", "victim-1", "--import", "mine").stdout
    explained = start(world, "explain", "victim-1", "--import", "mine").stdout
    assert "one of these, as the module runs: victim.py:3, a function or victim.py:5, a function" in explained


def test_later_definition_of_the_same_name_is_the_one(told, world):
    """A definition that a later one replaces for certain is no candidate, deleted ones are not there."""
    victim = "def f(x): return 'other'\ndef f(x): return 'here'\ndef g(x): pass\ndel g\n"
    found = told(victim, ("victim:f", f"original={THERE!r}, "), ("victim:g", ""))
    assert [code for code, _ in found if code != "BK104"] == ["BK209", "BK208"]
    assert [state for state, _ in outcomes(world)] == ["drifted", "failed"]


def test_overloads_are_no_definitions(told, world):
    """The last of the definitions counts, which is the one that `typing.overload` does not decorate."""
    stub = "@overload\ndef f(x): return 'other'\n"
    found = told(
        f"from typing import overload\n{stub}{stub}def f(x): return 'here'\n", ("victim:f", f"original={HERE!r}, ")
    )
    assert found == []
    assert outcomes(world)[0][0] == "applied"


STAR = {
    "last": "from math import *\n",
    "in try": "try:\n    from math import *\nexcept ImportError:\n    pass\n",
    "by name": "try:\n    from math import floor, ceil\nexcept ImportError:\n    floor = None\n",
    "in else": "try:\n    import math\nexcept ImportError:\n    pass\nelse:\n    from math import floor\n",
}


@pytest.mark.parametrize("star", STAR.values(), ids=STAR.keys())
def test_later_import_of_a_c_function_wins(told, world, start, star):
    """A C function that is imported after a definition stands there: check, status, diff and explain say so."""
    python = "def floor(x): return int(x)\n"
    found = told(python + star, ("victim:floor", f"original={print_of(python, 'floor')!r}, "))
    assert ("BK213", "error") in [(code, "error") for code, _ in found]
    ((state, reason),) = outcomes(world)
    assert state == "failed"
    assert "the body on disk is not known (math " in reason
    assert "there is no body to show" in start(world, "diff", "victim-0", "--import", "mine").stderr
    assert "no fingerprint" in start(world, "explain", "victim-0", "--import", "mine").stdout


def test_earlier_or_other_star_import_changes_nothing(told, world):
    """A star import before the definition, or of a module without the name, leaves the definition."""
    victim = "def floor(x): return 1\nfrom math import *\ndef floor(x): return int(x)\nfrom json import *\n"
    found = told(victim, ("victim:floor", f"original={print_of('def floor(x): return int(x)', 'floor')!r}, "))
    assert found == []
    assert outcomes(world)[0][0] == "applied"


def test_star_import_leaves_out_private_names(told, world):
    """A star import takes no name with an underscore along, unless `__all__` has it."""
    victim = "def _f(x): return 'here'\nfrom elsewhere import *\ndef _g(x): return 'here'\nfrom listed import *\n"
    private = print_of("def _f(x): return 'here'", "_f")
    listed = print_of("def _g(x): return 'there'", "_g")
    found = told(
        victim,
        ("victim:_f", f"original={private!r}, "),
        ("victim:_g", f"original={listed!r}, "),
        elsewhere="def _f(x): return 'other'\n",
        listed="__all__ = ['_g']\ndef _g(x): return 'there'\n",
    )
    assert [code for code, _ in found] == ["BK207"]
    assert [state for state, _ in outcomes(world)] == ["applied", "applied"]


@pytest.mark.parametrize(
    "target",
    [
        "heapq:heappush",
        "bisect:bisect_left",
        "decimal:Decimal.sqrt",
        "datetime:date.today",
        "pickle:dumps",
        "json.scanner:make_scanner",
        "operator:add",
    ],
)
def test_accelerators_of_the_standard_library_are_what_runs(told, world, target):
    """A Python body of the standard library that C replaces is not taken for the function that is there."""
    found = told("", (target, "original='ast1:0123456789ab', "))
    assert not [message for code, message in found if code == "BK209" and "found ast1" in message], found
    module = target.partition(":")[0]
    script = f"""
        import backportkit, mine, {module}
        try: backportkit.apply_all(only="victim-0")
        except backportkit.BackportError as error: print("found:    ast1:" in str(error))
        """
    assert world.run(script) == ["False"]


def test_names_that_come_by_other_means_are_out_of_sight(told):
    """Names that a module gives itself by `globals()` are not missing."""
    found = told("globals()['f'] = print\nimport sys\n", ("victim:f", "original='ast1:0123456789ab', "))
    assert [code for code, _ in found] == ["BK206"]
