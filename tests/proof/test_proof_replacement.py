"""`prove` proves exactly what `apply_all` applies, in whatever form the replacement is given."""

from __future__ import annotations

import pytest

pytestmark = pytest.mark.warm

PROVED = ("red", "green", "red")

CLASSES = """
def helper():
    return "new"
class C:
    @classmethod
    def made(cls):
        return "old"
    @staticmethod
    def plain():
        return "old"
def g():
    return C.made() if C.plain() == "new" else C.plain()
"""

FORMS = {
    "a lambda": "register(Patch(**FIELDS, target='victim:f', replacement=lambda: 'new', reproducer=reproduce))",
    "a function in a function": """
        def declare():
            def f():
                return "new"
            register(Patch(**FIELDS, target="victim:f", replacement=f, reproducer=reproduce))
        declare()
        """,
    "a reproducer in a function": """
        def declare():
            def run():
                reproduce()
            register(Patch(**FIELDS, target="victim:f", replacement="provider:f", reproducer=run))
        def f():
            return "new"
        declare()
        """,
    "one that is replaced in its module later": """
        @backport("victim:f", reproducer=reproduce, **FIELDS)
        def f():
            return "new"
        f = None
        """,
    "one that is decorated above the declaration": """
        def breaking(function):
            return lambda: "broken"
        @breaking
        @backport("victim:f", reproducer=reproduce, **FIELDS)
        def f():
            return "new"
        """,
    "a partial that calls itself like its function": """
        import functools
        def give(value):
            return value
        give_new = functools.update_wrapper(functools.partial(give, "new"), give)
        register(Patch(**FIELDS, target="victim:f", replacement=give_new, reproducer=reproduce, aliases="keep"))
        """,
    "a callable object that calls itself like a function": """
        import functools
        class Answer:
            def __call__(self):
                return "new"
        def f():
            return "broken"
        register(Patch(**FIELDS, target="victim:f", replacement=functools.update_wrapper(Answer(), f),
                       reproducer=reproduce))
        """,
    "a static method that was read from its class": """
        class Mine:
            @staticmethod
            def give():
                return "new"
        register(Patch(**FIELDS, target="victim:f", replacement=Mine.give, reproducer=reproduce))
        """,
    "a name": """
        register(Patch(**FIELDS, target="victim:f", replacement="provider:Holder.held.give", reproducer=reproduce))
        class Holder:
            def give(self):
                return "new"
        Holder.held = Holder()
        """,
    "a reproducer that is a class method": """
        class Suite:
            @classmethod
            def run(cls):
                assert cls is Suite
                reproduce()
        @backport("victim:f", reproducer=Suite.run, **FIELDS)
        def f():
            return "new"
        """,
}


@pytest.mark.parametrize("form", FORMS)
def test_form_proved_as_applied(victim, form):
    """A patch that works in an application is proved, in whatever form its function is given."""
    victim.declare(FORMS[form])
    assert victim.applied() == ["green"]
    assert victim.verdict() == PROVED


METHODS = """
class Mine:
    @classmethod
    def made(cls):
        return helper()
    @staticmethod
    def plain():
        return "new"
register(Patch(**FIELDS, reproducer=reproduce, edits=[
    dict(target="victim:C.made", replacement={made}, namespace="target"),
    dict(target="victim:C.plain", replacement={plain}),
]))
"""


@pytest.mark.parametrize(
    ("made", "plain"),
    [
        ("Mine.made", "vars(Mine)['plain']"),
        ("vars(Mine)['made']", "vars(Mine)['plain']"),
        ("'provider:Mine.made'", "'provider:Mine.plain'"),
    ],
)
def test_method_proved_as_applied(victim, made, plain):
    """A class method read from its class is the class method that was written, in both."""
    victim.world.write("victim.py", CLASSES)
    victim.declare(METHODS.format(made=made, plain=plain))
    assert victim.applied() == ["green"]
    assert victim.verdict() == PROVED


WITHIN = """
class Command:
    def __init__(self, callback): self.callback = callback
command = Command(lambda: "old")
CONFIG = {"rows": [{"is": "old"}]}
def g():
    found = {command.callback(), CONFIG["rows"][0]["is"]}
    return found.pop() if len(found) == 1 else found
"""


def test_what_is_within_objects_and_containers_is_proved(victim):
    """An attribute of an object, an item of a mapping in a list, and a helper that the fix adds."""
    victim.world.write("victim.py", WITHIN)
    victim.declare(
        """
        def _helper():
            return "new"
        @backport("victim:command.callback", namespace="target", adds={"_helper": _helper}, id="victim-1",
                  requires="victim>=1,<2", reproducer=reproduce_callback)
        def callback():
            "The callback gives the wrong answer."
            return _helper()
        """.replace("reproduce_callback", "lambda: __import__('victim').command.callback() == 'new' or 1 / 0")
    )
    assert victim.verdict()[:3] == PROVED
    victim.declare(
        """
        edits = [
            Edit(target="victim:command.callback", replacement=lambda: "new"),
            Edit(target="victim:CONFIG['rows'][0]['is']", value="new"),
        ]
        register(Patch(**FIELDS, edits=edits, reproducer=reproduce))
        """
    )
    assert victim.applied() == ["green"]
    assert victim.verdict() == PROVED


def test_edit_that_puts_what_is_there(victim):
    """An edit that puts the very object that stands there is applied as the others are, and the patch is proved."""
    victim.world.write("victim.py", f"{CLASSES}LIMIT = 1\n")
    edit = "    dict(target='victim:LIMIT', value=1),\n]))"
    victim.declare(METHODS.format(made="Mine.made", plain="vars(Mine)['plain']").replace("]))", edit))
    assert victim.verdict() == PROVED


def test_outer_decorator_does_not_help(victim):
    """A decorator above the declaration is no part of the patch: what does not help without it is not proved."""
    victim.declare(
        """
        def mending(function):
            return lambda: "new"
        @mending
        @backport("victim:f", reproducer=reproduce, **FIELDS)
        def f():
            return "newer"
        """
    )
    assert victim.applied() == ["AssertionError: g() gave newer"]
    assert victim.verdict() == ("red", "red", "red", "AssertionError: g() gave newer")


@pytest.mark.parametrize(
    ("replacement", "said"),
    [
        ("Mine().give", "is bound to an object, which its name 'Mine.give' does not say"),
        ("Sub.made", "is bound to an object, which its name 'Mine.made' does not say"),
        ("'x'.join", "has no name of its own"),
    ],
)
def test_bound_method_refused(victim, replacement, said):
    """A method of an object, whose name leads to something else, is refused where it is declared."""
    victim.declare(
        f"""
        class Mine:
            def give(self): return "new"
            @classmethod
            def made(cls): return "new"
        class Sub(Mine): ...
        register(Patch(**FIELDS, target="victim:f", replacement={replacement}, reproducer=reproduce))
        """
    )
    done = victim.start("victim-1", "--import", "provider")
    assert done.returncode == 2
    assert said in done.stderr


def test_class_method_no_item(victim):
    """A class method is refused for an item of a mapping, where nothing would bind it."""
    victim.declare(
        """
        class Mine:
            @classmethod
            def made(cls): return "new"
        register(Patch(**FIELDS, target="victim:C.TABLE['f']", replacement=Mine.made, reproducer=reproduce))
        """
    )
    done = victim.start("victim-1", "--import", "provider")
    assert done.returncode == 2
    assert "is no attribute of a class, and a classmethod means nothing there" in done.stderr


def test_class_method_callback(victim):
    """A callback that is a class method is called with the module, in an application and in a proof."""
    victim.declare(
        """
        class Watcher:
            @classmethod
            def seen(cls, module):
                assert (cls, module.__name__) == (Watcher, "victim")
                module.told = True
        @backport("victim:f", reproducer=reproduce, callbacks=dict(after_apply=Watcher.seen), **FIELDS)
        def f():
            import victim
            return "new" if victim.told else "untold"
        """
    )
    assert victim.applied() == ["green"]
    assert victim.verdict() == PROVED


@pytest.mark.parametrize("declare", ["register", ""])
def test_main_refused(victim, declare):
    """A function of `__main__` cannot be had in another process: the error says so, and what to do."""
    victim.declare("")
    script = """
    import multiprocessing.process
    from provider import FIELDS, reproduce
    from backportkit import Patch, register
    from backportkit.proof import protocol
    patch = {}(Patch(**FIELDS, target="victim:f", replacement=lambda: "new", reproducer=reproduce))
    try:
        protocol.check(patch)
    except protocol.ProofError as error:
        print(error)
    """
    assert victim.world.run(script.format(declare)) == [
        "patch 'victim-1': cannot be proved in a process of its own, which would not get what was declared",
        "  expected: functions that can be imported by their names, or a declaration in a module",
        "  found:    __main__:<lambda>",
        "  next:     move the declaration and its functions to the top of a module that can be imported",
    ]


def test_declaration_gone_elsewhere(victim):
    """A declaration that another process does not make is said to be missing there."""
    victim.declare(
        """
        import sys
        if not sys.argv[0].endswith("child.py"):
            register(Patch(**FIELDS, target="victim:f", replacement=lambda: "new", reproducer=reproduce))
        """
    )
    assert victim.verdict() == ("broken", "broken", "broken", "LookupError: provider declares no victim-1 here")


def test_apply_all_at_import(victim):
    """A module that declares and applies its patches when it is imported does not turn the first run green."""
    victim.declare(
        """
        import backportkit
        @backport("victim:f", reproducer=reproduce, **FIELDS)
        def f():
            return "new"
        backportkit.apply_all()
        backportkit.require("victim-1")
        """
    )
    assert victim.verdict() == PROVED


def test_activated_environment(victim):
    """An environment that patches each process at its start does not turn the first run green, nor what it starts."""
    victim.world.write("sitecustomize.py", "from backportkit.startup import activate\nactivate()\n")
    victim.world.write(
        "reproducers.py",
        """
        import subprocess, sys, victim
        def in_another(kept=victim.f):
            assert kept() == "old", "it was patched when it was imported"
            command = [sys.executable, "-c", "import victim; print(victim.g())"]
            theirs = subprocess.run(command, capture_output=True, text=True, check=True).stdout.strip()
            assert theirs == "old", f"the process that was started is patched: {theirs}"
            assert victim.g() == "new", f"g() gave {victim.g()}"
        """,
    )
    victim.declare(
        """
        @backport("victim:f", reproducer=dict(run="reproducers:in_another", expect="g.. gave"), **FIELDS)
        def f():
            return "new"
        """
    )
    assert victim.verdict() == PROVED


def test_several_added_modules(victim):
    """Modules that are made within one another, and a function beside them, are proved and undone together."""
    victim.world.write("victim.py", "raise ImportError('is a package')")
    (victim.folder / "victim.py").unlink()
    victim.world.write("victim/__init__.py", "def f(): return 'old'\ndef g(): return f()\n")
    victim.world.write("victim/_six.py", "word = 'new'\n")
    victim.world.write("packages.py", "__path__ = []\n")
    victim.declare(
        """
        def run():
            import victim.packages.six
            assert victim.packages.six.word == victim.g()
        register(Patch(**FIELDS, reproducer="provider:run", edits=[
            dict(target="victim.packages", how="add", replacement="packages"),
            dict(target="victim.packages.six", how="add", alias_of="victim._six"),
            dict(target="victim:f", replacement="provider:f"),
        ]))
        def f(): return "new"
        """
    )
    assert victim.verdict() == ("red", "green", "red")


def test_module_that_cannot_be_imported(victim):
    """A target that cannot be imported is named after undoing too, and the process does not die of it."""
    victim.world.write("victim.py", "raise OSError('no disk')")
    victim.declare(
        """
        def f(): return "new"
        register(Patch(**FIELDS, target="victim:f", replacement="provider:f", reproducer=reproduce))
        """
    )
    run = victim.prove()["runs"][2]
    assert (run["colour"], run["message"]) == ("broken", "victim cannot be imported: OSError: no disk")
