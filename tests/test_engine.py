"""The engine as a downstream project sees it: arm, apply, undo, ask."""

from __future__ import annotations

import textwrap

import pytest

pytestmark = pytest.mark.warm

VICTIM = """
class Base:
    def inherited(self): return 'old'
class C(Base):
    def method(self): return 'old'
    @staticmethod
    def static(): return 'old'
    @classmethod
    def cls_method(cls): return 'old'
    @property
    def size(self): return 'old'
def f(): return 'old'
"""

START = """
import backportkit, sys
from backportkit import backport
def state(id="victim-1"):
    return next(str(status.state) for status in backportkit.status() if status.id == id)
def reason(id="victim-1"):
    return next(status.reason for status in backportkit.status() if status.id == id)
def declare(target="victim:f", function=lambda *a: "new", id="victim-1", summary="s", requires="victim<2", **fields):
    backport(target, requires=requires, id=id, summary=summary, **fields)(function)
"""


def script(world, text, *, declares=True):
    """A victim distribution, and a script with helpers that declares one patch for `victim:f`."""
    if not list(world.folder.glob("victim*")):
        world.distribution("victim", "1.0")
        world.write("victim.py", VICTIM)
    return START + ("declare()\n" if declares else "") + textwrap.dedent(text)


PROVIDER = """
from backportkit import backport
print("provider read")
@backport("victim:f", requires="victim<2", id="victim-1")
def f():
    "Return new."
    return "new"
"""


def provide(world, text=PROVIDER):
    world.distribution("provider", "1.0", {"victim": "provider_patches"})
    world.write("provider_patches.py", text)


# --- arming and applying ---


def test_patch_waits_until_its_target_is_imported(world):
    text = """
    report = backportkit.apply_all()
    print("victim" in sys.modules, [status.state.value for status in report if status.id == "victim-1"], reason())
    backportkit.require("victim-1")
    import victim
    print(victim.f(), state(), reason(), backportkit.is_applied("victim-1"))
    backportkit.require("victim-1")
    """
    assert world.run(script(world, text)) == [
        "False ['waiting'] victim is not imported yet",
        "new applied in effect in victim True",
    ]


def test_every_kind_of_target_is_patched_and_undone_whenever_its_module_is_imported(world):
    text = """
    for name in ("method", "static", "cls_method", "size", "inherited"):
        declare(f"victim:C.{name}", id=f"victim-{name}")
    declare(id="victim-f")
    def results():
        c = victim.C()
        return {c.method(), c.static(), c.cls_method(), c.size, c.inherited(), victim.f()}
    if "before" in sys.argv:
        import victim
        raw = dict(vars(victim.C))
        assert results() == {"old"}
    backportkit.apply_all()
    import victim
    print(results(), victim.Base().inherited())
    installed = dict(vars(victim.C))
    backportkit.apply_all()
    print(dict(vars(victim.C)) == installed)
    backportkit.unpatch_all()
    print(results(), "inherited" in vars(victim.C))
    if "before" in sys.argv:
        print(all(vars(victim.C)[name] is value for name, value in raw.items()))
    """
    whole = script(world, text, declares=False)
    expected = ["{'new'} old", "True", "{'old'} False"]
    assert world.run(whole) == expected
    assert world.run(whole, "before") == [*expected, "True"]


def test_copies_made_before_are_rebound_and_bound_back(world):
    world.write("user.py", "from victim import f\n")
    text = """
    import user
    copy = user.f
    backportkit.apply_all()
    print(user.f())
    backportkit.unpatch("victim-1")
    print(user.f is copy)
    """
    assert world.run(script(world, text)) == ["new", "True"]


def test_copies_made_while_the_target_was_being_imported_are_rebound_but_not_the_replacements_own(world):
    world.distribution("victim", "1.0")
    world.write("victim/__init__.py", "def f(): return 'old'\nfrom victim import sub\n")
    world.write("victim/sub.py", "from victim import f\n")
    world.write("mine.py", "from victim import f as original\ndef f(): return 'new ' + original()\n")
    text = """
    backportkit.register(dict(id="victim-1", summary="s", requires="victim<2", target="victim:f", replacement="mine:f"))
    backportkit.apply_all()
    import victim
    print(victim.f(), victim.sub.f())
    """
    assert world.run(script(world, text, declares=False)) == ["new old new old"]


def test_second_name_in_the_target_module_follows_also_where_the_replacement_comes_from_that_module(world):
    world.distribution("victim", "1.0")
    world.write("victim.py", "def f(): return 'old'\ndef g(): return 'new'\nh = f\n")
    text = """
    if "before" in sys.argv: import victim
    fields = dict(id="victim-1", summary="s", requires="victim<2")
    backportkit.register(fields | dict(target="victim:f", replacement="victim:g"))
    backportkit.apply_all()
    import victim
    print(victim.f(), victim.h())
    """
    whole = script(world, text, declares=False)
    assert world.run(whole) == world.run(whole, "before") == ["new new"]


def test_patch_for_another_version_is_dormant_and_says_why(world):
    text = """
    declare("victim:f", id="victim-2", requires="victim>=2,<3")
    import victim
    backportkit.apply_all()
    print(state("victim-2"), reason("victim-2"), victim.f())
    try:
        backportkit.require("victim-2")
    except backportkit.NotAppliedError as error:
        print(error.found, error.next_step)
    """
    assert world.run(script(world, text, declares=False)) == [
        "dormant victim 1.0 is installed; the patch is for <3,>=2 old",
        (
            "dormant: victim 1.0 is installed; the patch is for <3,>=2 if what is installed has the fix, nothing is to "
            "be patched: see `backportkit check`, and require it no longer"
        ),
    ]


def test_fingerprints_decide_between_apply_absorbed_and_drifted(world):
    text = """
    from backportkit.source.fingerprint import of_source
    own = of_source(open("victim.py").read(), ["f"])
    other = "ast1:0123456789ab"
    declare(id="victim-right", original=own)
    declare("victim:C.method", id="victim-absorbed", original=other, fixed=own)
    declare("victim:C.method", id="victim-drifted", original=other)
    declare("victim:C.static", id="victim-late", original=other)
    import victim
    victim.C.method = type(victim.f)(victim.f.__code__, victim.f.__globals__)
    try:
        backportkit.apply_all()
    except backportkit.ApplyError as error:
        print([(type(one).__name__, one.patch, one.expected == other) for one in error.errors])
    print([state(f"victim-{name}") for name in ("right", "absorbed", "drifted")], victim.f(), victim.C.method())
    """
    assert world.run(script(world, text, declares=False)) == [
        "[('DriftError', 'victim-drifted', True), ('DriftError', 'victim-late', True)]",
        "['applied', 'absorbed', 'drifted'] new old",
    ]


def test_second_replacement_of_a_target_is_a_conflict_and_the_first_stays(world):
    text = """
    declare(id="victim-2", function=lambda: "newer")
    import victim
    try:
        backportkit.apply_all()
    except backportkit.ConflictError as error:
        print(error.patch, "victim-1" in error.found)
    print(victim.f(), state(), state("victim-2"))
    """
    assert world.run(script(world, text)) == ["victim-2 True", "new applied conflict"]


# --- refusing ---


def test_import_is_refused_with_the_facts_and_works_once_the_cause_is_mended(world):
    text = """
    import pathlib
    declare("victim:C.nothing", id="victim-2")
    declare("victim:absent", id="victim-3")
    backportkit.apply_all()
    try:
        import victim
    except ImportError as error:
        print(type(error).__name__, error.name, error.patch, error.target, error.found, sep=" | ")
        print(str(error).splitlines()[0], type(error.__cause__).__name__, sep="\\n")
        print(bool(error.next_step), "victim" in sys.modules, state(), state("victim-2"), sep=" | ")
    path = pathlib.Path("victim.py")
    path.write_text(path.read_text() + "    nothing = f\\nabsent = f\\n".replace("    ", "C."))
    try:
        import victim
    except ImportError as error:
        print(error)
    print(victim.f(), victim.absent(), victim.C.nothing(), state(), state("victim-2"))
    """
    assert world.run(script(world, text), flags=["-B"]) == [
        "PatchImportError | victim | victim-2 | victim:C.nothing | class victim.C has no 'nothing'",
        "patch 'victim-2': victim is not imported unpatched: the target is not there (and 1 more: victim-3)",
        "ApplyError",
        "True | False | waiting | failed",
        "new new new applied applied",
    ]


def test_single_failure_is_the_cause_itself(world):
    text = """
    declare("victim:absent", id="victim-2")
    backportkit.apply_all()
    try:
        import victim
    except backportkit.PatchImportError as error:
        print(type(error.__cause__).__name__)
    """
    assert world.run(script(world, text, declares=False)) == ["TargetError"]


def test_replacement_that_cannot_be_imported_refuses_the_import(world):
    text = """
    backportkit.register(dict(id="victim-1", summary="s", requires="victim<2", target="victim:f", replacement="no:f"))
    backportkit.apply_all()
    try:
        import victim
    except backportkit.PatchImportError as error:
        print(type(error.__cause__).__name__, "No module named 'no'" in str(error))
    """
    assert world.run(script(world, text, declares=False)) == ["ReplacementError True"]


def test_patch_that_is_not_required_warns_and_logs_once_and_the_others_are_applied(world):
    text = """
    import logging, warnings
    logging.basicConfig(stream=sys.stdout, format="%(name)s %(levelname)s")
    declare("victim:zzz", id="victim-2", required=False)
    import victim
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        backportkit.apply_all()
        backportkit.apply_all()
    print([(warning.category.__name__, "victim:zzz" in str(warning.message)) for warning in caught])
    print(victim.f(), state("victim-2"), reason("victim-2"))
    """
    assert world.run(script(world, text)) == [
        "backportkit WARNING",
        "[('BackportWarning', True)]",
        "new failed the target is not there; found module victim has no 'zzz'",
    ]


# --- undoing ---


def test_unpatched_takes_a_patch_out_for_a_block_and_brings_it_back(world):
    text = """
    import victim
    backportkit.apply_all()
    with backportkit.unpatched("victim-1"):
        with backportkit.unpatched("victim-1"):
            print(victim.f(), state())
        print(victim.f())
    print(victim.f(), state())
    backportkit.unpatch("victim-1")
    with backportkit.unpatched("victim-1"):
        pass
    print(victim.f(), state(), reason())
    backportkit.apply_all()
    print(victim.f())
    """
    assert world.run(script(world, text)) == ["old reverted", "old", "new applied", "old reverted taken out", "new"]


def test_undoing_under_somebody_elses_object_says_so_and_leaves_theirs(world):
    text = """
    import victim
    backportkit.apply_all()
    ours, victim.f = victim.f, lambda: "theirs"
    print(state(), backportkit.is_applied("victim-1"))
    for undo in (lambda: backportkit.unpatched("victim-1").__enter__(), lambda: backportkit.unpatch("victim-1")):
        try:
            undo()
        except backportkit.ConflictError as error:
            print(error.found, victim.f())
    victim.f = ours
    backportkit.unpatch("victim-1")
    print(victim.f())
    """
    assert world.run(script(world, text)) == [
        "conflict False",
        "__main__.<lambda> theirs",
        "__main__.<lambda> theirs",
        "old",
    ]


def test_undone_patch_stays_out_of_a_module_that_is_imported_later(world):
    provide(world)
    text = """
    declare("other:f", id="other-1")
    backportkit.apply_all()
    backportkit.unpatch_all()
    import victim
    print(victim.f(), state())
    backportkit.apply_all()
    print(victim.f())
    """
    assert world.run(script(world, text, declares=False)) == ["provider read", "old waiting", "new"]


# --- asking ---


def test_unknown_id_suggests_near_ones(world):
    text = """
    for ask in (backportkit.unpatch, backportkit.is_applied, backportkit.require):
        try:
            ask("victim_1")
        except backportkit.UnknownPatchError as error:
            print(error.next_step, "victim-1" in error.expected)
    try:
        backportkit.require("zzz")
    except LookupError as error:
        print(error.next_step)
    """
    assert world.run(script(world, text)) == ["did you mean victim-1? True"] * 3 + [
        "import the module that declares it first; backportkit status shows all that is known"
    ]


def test_patch_that_nobody_armed_is_waiting_but_not_in_effect(world):
    text = """
    print(state(), reason())
    try:
        backportkit.require("victim-1")
    except backportkit.NotAppliedError as error:
        print(error.next_step)
    import victim
    print(reason())
    backportkit.unpatch("victim-1")
    print(victim.f())
    """
    assert world.run(script(world, text)) == [
        "waiting the target is not imported yet; apply_all() has not been called",
        "call backportkit.apply_all() first",
        "victim is imported; apply_all() has not been called",
        "old",
    ]


def test_excluded_and_all_undone(world):
    """After unpatch_all(), a patch that was not applied waits for the next apply_all(), and says so."""
    text = """
    backportkit.apply_all(exclude="victim-1")
    backportkit.unpatch_all()
    print(state(), reason())
    """
    assert world.run(script(world, text)) == [
        "waiting the target is not imported yet; apply_all() has not been called since unpatch_all()"
    ]


@pytest.mark.parametrize(("requires", "variable"), [("absent<2", ""), ("victim<2", "victim-2")], ids=str)
def test_required_in_vain(world, requires, variable):
    """`require` proposes no call of apply_all() if that cannot help."""
    text = f"""
    declare("victim:f", id="victim-2", requires={requires!r})
    try:
        backportkit.require("victim-2")
    except backportkit.NotAppliedError as error:
        print(error.next_step)
    """
    done = world.start(script(world, text, declares=False), env={"BACKPORTKIT_DISABLE": variable})
    assert ("apply_all" in done.stdout, done.stderr) == (False, "")


def test_warning_is_printed_once(world):
    """A warning stands once on stderr where nobody has set up logging."""
    text = """
    declare("victim:zzz", id="victim-2")
    backportkit.apply_all()
    import victim
    """
    done = world.start(script(world, text, declares=False), env={"BACKPORTKIT_ON_ERROR": "warn"})
    assert done.stderr.count("the target is not there") == 1


def test_declared_late(world):
    """The status of a patch that was declared after apply_all() says so, and that another call helps."""
    text = """
    backportkit.apply_all()
    declare()
    print(state(), reason())
    import victim
    print(state(), reason())
    backportkit.apply_all()
    print(state())
    """
    late = "declared after apply_all() was called: call it again"
    assert world.run(script(world, text, declares=False)) == [
        f"waiting the target is not imported yet; {late}",
        f"waiting victim is imported; {late}",
        "applied",
    ]


def test_entry_point_of_another_name(world):
    """A provider whose entry point is not named after the package is not read in time, and refused once it is read."""
    world.distribution("provider", "1.0", {"victim-dist": "provider_patches"})
    world.write("provider_patches.py", PROVIDER)
    text = """
    backportkit.apply_all()
    import victim
    try: backportkit.status()
    except backportkit.ProviderError as error: print(victim.f(), error.expected)
    """
    assert world.run(script(world, text, declares=False)) == [
        "provider read",
        "old an entry point named victim, since that is patched",
    ]


def test_deleted_target(world):
    """The status says that nothing stands at a target that was deleted."""
    text = """
    import victim
    backportkit.apply_all()
    del victim.f
    print(state(), reason())
    """
    assert world.run(script(world, text)) == ["conflict was applied, but nothing stands at victim:f now"]


def test_lost_hook_is_said_and_put_back_by_the_next_apply_all(world):
    text = """
    backportkit.apply_all()
    sys.meta_path.pop(0)
    print(state(), reason())
    try:
        backportkit.require("victim-1")
    except backportkit.NotAppliedError as error:
        print("call apply_all() again" in error.found)
    import victim
    print(victim.f(), state(), reason())
    backportkit.apply_all()
    print(victim.f(), state(), type(sys.meta_path[0]).__module__.partition(".")[0])
    """
    assert world.run(script(world, text)) == [
        "failed somebody took our finder out of sys.meta_path: call apply_all() again",
        "True",
        "old failed victim was imported past our finder: call apply_all() again",
        "new applied backportkit",
    ]


def test_asking_does_not_wake_a_lazy_module(world):
    text = """
    import importlib.util
    backportkit.apply_all()
    spec = importlib.util.find_spec("victim")
    spec.loader = importlib.util.LazyLoader(spec.loader)
    victim = importlib.util.module_from_spec(spec)
    sys.modules["victim"] = victim
    spec.loader.exec_module(victim)
    print(state(), reason(), "f" in object.__getattribute__(victim, "__dict__"))
    print(victim.f(), state())
    """
    assert world.run(script(world, text)) == [
        "waiting victim has not run its body to the end yet False",
        "new applied",
    ]


def test_probe_reload_deletion_and_import_afresh_keep_the_patch(world):
    text = """
    import importlib.util
    backportkit.apply_all()
    importlib.util.find_spec("victim")
    print(state())
    import victim
    importlib.reload(victim)
    print(victim.f(), state())
    del sys.modules["victim"]
    print(state())
    import victim
    print(victim.f(), state())
    """
    assert world.run(script(world, text)) == ["waiting", "new applied", "waiting", "new applied"]


def test_patch_over_two_modules_is_applied_once_both_are_imported(world):
    world.write("other.py", "def f(): return 'old'\n")
    text = """
    edits = [dict(target=f"{module}:f", replacement=lambda: "new") for module in ("victim", "other")]
    backportkit.register(dict(id="victim-1", summary="s", requires="victim<2", edits=edits))
    backportkit.apply_all()
    import victim
    print(state(), reason())
    import other
    print(state(), victim.f(), other.f())
    """
    assert world.run(script(world, text, declares=False)) == ["waiting other is not imported yet", "applied new new"]


# --- providers ---


def test_provider_is_read_when_its_package_is_imported_and_not_before(world):
    provide(world)
    text = """
    backportkit.apply_all()
    print("provider_patches" in sys.modules)
    import victim
    print(victim.f())
    backportkit.apply_all()
    print([status.provider for status in backportkit.status() if status.id == "victim-1"])
    """
    assert world.run(script(world, text, declares=False)) == ["False", "provider read", "new", "['provider']"]


def test_provider_whose_metadata_are_gone(world):
    """A provider that does not say its name is refused, since nobody can tell whose it is."""
    provide(world)
    (world.folder / "provider-1.0.dist-info" / "METADATA").unlink()
    text = """
    backportkit.apply_all()
    try: import victim
    except ImportError as error: print(str(error).splitlines()[0])
    """
    said = "victim is not imported unpatched: 'provider' is not what its metadata says"
    assert world.run(script(world, text, declares=False)) == [said]


def test_provider_of_a_package_that_is_imported_already_is_read_at_once(world):
    provide(world)
    text = """
    import victim
    backportkit.apply_all()
    print(victim.f())
    """
    assert world.run(script(world, text, declares=False)) == ["provider read", "new"]


def test_patch_of_a_provider_that_a_question_made_us_read_is_in_force_all_the_same(world):
    provide(world)
    text = """
    print(state())
    backportkit.apply_all()
    import victim
    print(victim.f())
    """
    late = """
    backportkit.apply_all()
    backportkit.require("victim-1")
    import victim
    print(victim.f())
    """
    assert world.run(script(world, text, declares=False)) == ["provider read", "waiting", "new"]
    assert world.run(script(world, late, declares=False)) == ["provider read", "new"]


def test_provider_that_cannot_be_imported_refuses_its_package_until_it_is_mended(world):
    provide(world, "raise RuntimeError('broken')")
    world.distribution("second", "1.0", {"victim": "second_patches"})
    world.write("second_patches.py", PROVIDER.replace(":f", ":C.method").replace("f()", "f(self)").replace("-1", "-2"))
    text = """
    import importlib, pathlib
    backportkit.apply_all()
    try:
        import victim
    except ImportError as error:
        print(type(error).__name__, type(error.__cause__).__name__, "RuntimeError: broken" in str(error))
        print(error.next_step)
    try:
        backportkit.status()
    except backportkit.ProviderError as error:
        print(error.expected)
    pathlib.Path("provider_patches.py").write_text("print('mended')")
    importlib.invalidate_caches()
    import victim
    print(victim.C().method())
    """
    lines = world.run(script(world, text, declares=False), flags=["-B"])
    assert lines == [
        "provider read",
        "PatchImportError ProviderError True",
        "mend or uninstall 'provider', or start with BACKPORTKIT_DISABLE=all",
        "an importable module provider_patches, as the entry point 'victim' says",
        "mended",
        "new",
    ]


# --- the off switch ---


def test_off_switch_by_id_and_for_all_is_ignored_under_isolation(world):
    text = """
    import victim
    backportkit.apply_all()
    print(victim.f(), state(), reason())
    """
    whole = script(world, text)
    off = ["old disabled switched off by BACKPORTKIT_DISABLE"]
    for value in ("victim-1", "all", "x, all"):
        assert world.run(whole, env={"BACKPORTKIT_DISABLE": value}) == off
    assert world.start(whole, env={"BACKPORTKIT_DISABLE": "x, victim-1"}).stdout.splitlines() == off
    for flag in ("-E", "-I"):
        assert world.run(whole, flags=[flag], env={"BACKPORTKIT_DISABLE": "all"}) == ["new applied in effect in victim"]
    other = world.start(whole, env={"BACKPORTKIT_DISABLE": "other"})
    assert other.stdout.splitlines() == ["new applied in effect in victim"]
    assert "BACKPORTKIT_DISABLE switches off 'other', which nobody declares" in other.stderr


def test_warning_names_the_line_that_has_called_us(world):
    """A warning has the file and the line of the program, and no line of our source."""
    path = world.write("program.py", script(world, "import backportkit\nprint(backportkit.status())"))
    done = world.start("import program", env={"BACKPORTKIT_DISABLE": "other"})
    (head,) = (line for line in done.stderr.splitlines() if "BackportWarning" in line)
    assert head.startswith(f"{path}:")
    assert "error.tell" not in done.stderr


def test_off_switch_works_when_a_provider_is_broken(world):
    provide(world, "raise RuntimeError('broken')")
    text = """
    report = backportkit.apply_all()
    import victim
    print(victim.f(), list(report))
    try:
        backportkit.unpatch("victim-1")
    except backportkit.UnknownPatchError:
        print("unknown")
    """
    whole = script(world, text, declares=False)
    assert world.run(whole, env={"BACKPORTKIT_DISABLE": "all"}) == ["old []", "unknown"]


# --- cost ---


def test_arming_what_providers_have_loads_no_library_of_declarations(fresh_world):
    provide(fresh_world)
    fresh_world.distribution("victim", "1.0")
    text = """
    import sys, backportkit
    report = backportkit.apply_all()
    heavy = ("pydantic", "packaging", "importlib.metadata", "inspect", "logging", "dataclasses")
    print([name for name in heavy if name in sys.modules])
    """
    bare = text.replace("sys, backportkit", "sys").replace("report = backportkit.apply_all()", "")
    assert fresh_world.run(text) == fresh_world.run(bare)  # what measures coverage loads some of them


def test_thousand_patches_are_armed_applied_and_undone_in_well_under_their_quadratic_time(world):
    world.write("many.py", "".join(f"def f{number}(): return 'old'\n" for number in range(1000)))
    text = """
    import time
    def new(): return "new"
    fields = dict(summary="s", requires="victim<2", replacement=new)
    patches = [backportkit.Patch(id=f"many-{n}", target=f"many:f{n}", **fields) for n in range(1000)]
    def timed(action):
        start = time.process_time()
        action()
        return time.process_time() - start
    print(timed(lambda: [backportkit.register(patch) for patch in patches]) < 0.5)
    print(timed(backportkit.apply_all) < 0.5)
    import many
    print(many.f999())
    print(timed(backportkit.unpatch_all) < 1, many.f0())
    """
    assert world.run(script(world, text, declares=False)) == ["True", "True", "new", "True old"]


# --- fork ---


def test_child_of_a_fork_has_its_own_patches(world):
    text = """
    import os
    import victim
    backportkit.apply_all()
    child = os.fork()
    if child == 0:
        backportkit.unpatch("victim-1")
        os._exit(0 if victim.f() == "old" else 1)
    print(os.waitpid(child, 0)[1], victim.f(), state())
    """
    assert world.run(script(world, text)) == ["0 new applied"]


# --- threads ---


def test_two_threads_that_arm_at_once_leave_one_patch_that_can_be_undone(world):
    text = """
    import threading
    barrier, first_two = threading.Barrier(2, timeout=30), iter(range(2))
    class Meeting(backportkit.Patch):
        @property
        def modules(self):
            if next(first_two, None) is not None: barrier.wait()  # both threads have seen by now that it is not armed
            return super().modules
    backportkit.register(
        Meeting(id="victim-1", summary="s", requires="victim<2", target="victim:f", replacement=lambda: "new")
    )
    import victim
    threads = [threading.Thread(target=backportkit.apply_all) for _ in range(2)]
    for thread in threads: thread.start()
    for thread in threads: thread.join()
    print(victim.f(), state())
    backportkit.unpatch_all()
    print(victim.f(), state())
    """
    assert world.run(script(world, text, declares=False)) == ["new applied", "old reverted"]


# --- what the proof and the command line ask ---


def test_declaration_can_be_looked_up(world):
    """The command line asks for what was declared, by its id, before and after it is applied."""
    text = """
    from backportkit.engine import verbs
    print(verbs.find("victim-1").id)
    backportkit.apply_all()
    import victim
    print(verbs.find("victim-1").edits[0].target)
    """
    assert world.run(script(world, text)) == ["victim-1", "victim:f"]
