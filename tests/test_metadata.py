"""The metadata of installed distributions are read as importlib.metadata reads them, but not as a whole."""

from __future__ import annotations

import textwrap
import zipfile

import pytest

pytestmark = pytest.mark.warm

HEAD = "Metadata-Version: 2.1\nName: victim\n"
FILES = {
    "plain": HEAD + "Version: 1.5\n",
    "no end of line": HEAD + "Version: 1.5",
    "with carriage returns": (HEAD + "Version: 1.5\nSummary: s\n\nText\n").replace("\n", "\r\n"),
    "other letters": HEAD.lower() + "vErSiOn: 1.5\n",
    "late": HEAD + "".join(f"Classifier: {number}\n" for number in range(500)) + "Version:1.5\n\nText\n",
    "twice": HEAD + "Version: 1.5\nVersion: 1.6\n",
    "behind a text of several lines": HEAD + "License: a\n  b\n\tVersion: 1.9\n \nVersion: 1.5\n",
    "in the next line": HEAD + "Version:\n 1.5\nSummary: s\n",
    "in the description": HEAD + "\nVersion: 1.9\n",
    "behind what is no header": HEAD + "no header\nVersion: 1.9\n",
    "behind a name that is none": HEAD + "no header: x\nVersion: 1.9\n",
    "behind letters": HEAD + "Zürich: x\nVersion: 1.9\n",
    "behind an old line's end": HEAD + "Summary: a\rVersion: 1.5\n",
    "behind a sender": "From somebody\n" + HEAD + "Version: 1.5\n",
    "empty": "",
    "none": HEAD,
    "no value": HEAD + "Version:\nSummary: s\n",
}
NOT_SAID = {"in the description", "behind what is no header", "behind a name that is none", "behind letters", "empty"}
NOT_SAID |= {"none", "no value"}


@pytest.mark.parametrize(
    "place", ["-1.2.dist-info/METADATA", "-1.2.dist-info/PKG-INFO", ".egg-info/PKG-INFO", ".egg-info"]
)
def test_version_is_the_one_that_importlib_metadata_reads(world, place):
    """The version is the one that importlib.metadata reads, in each form of headers and at each place for the file."""
    for number, text in enumerate(FILES.values()):
        path = world.folder / f"victim{number}{place}"
        path.parent.mkdir(exist_ok=True)
        path.write_bytes(text.encode())
    script = f"""
    import backportkit, importlib.metadata
    for number in range({len(FILES)}):
        requires = f"victim{{number}}<2"
        backportkit.register(dict(id=f"p-{{number}}", summary="s", requires=requires, target="victim:f", value=1))
    ours = {{status.id: [*status.installed.values(), None][0] for status in backportkit.status()}}
    for number in range({len(FILES)}):
        found = next(iter(importlib.metadata.distributions(name=f"victim{{number}}"))).metadata
        print(ours[f"p-{{number}}"], found["Version"].strip() if "Version" in found else None)
    """
    pairs = dict(zip(FILES, [line.split(" ") for line in world.run(textwrap.dedent(script))], strict=True))
    assert {kind for kind, (ours, theirs) in pairs.items() if ours != theirs} == set()
    assert {kind for kind, (ours, _) in pairs.items() if ours == "1.5"} == set(FILES) - NOT_SAID


COUNTING = """
import backportkit, email, importlib, sys
parse, parsed = email.message_from_string, []
def counted(text, *args, **fields):
    parsed.append(text)
    return parse(text, *args, **fields)
email.message_from_string = counted
def state(id): return next(str(status.state) for status in backportkit.status() if status.id == id)
for number in range(3):
    backportkit.backport(f"target{number}:f", requires=sys.argv[1], id=f"p{number}", summary="s")(lambda: "new")
backportkit.apply_all()
"""


@pytest.fixture
def run(world):
    """Run a script that has armed patches of three modules for `lib` 1.0, whose metadata are parsed under its eyes."""
    for number in range(3):
        world.write(f"target{number}.py", "def f(): return 'old'\n")
    extra = "Provides-Extra: more\nRequires-Dist: other<2; extra == 'more'\n"
    for name in ("lib", "other"):
        folder = world.distribution(name, "1.0")
        text = f"Metadata-Version: 2.1\nName: {name}\nVersion: 1.0\n{extra if name == 'lib' else ''}\nDescription\n"
        (folder / "METADATA").write_text(text, encoding="utf-8")
    return lambda script, requires: world.run(COUNTING + textwrap.dedent(script), requires)


@pytest.mark.parametrize(("requires", "times"), [("lib<2", 0), ("lib[more]<2", 1), ("lib<2; python_version > '3'", 0)])
def test_metadata_are_not_parsed_at_each_import(run, requires, times):
    """The version is read alone, and what an extra needs is parsed once in a process."""
    script = """
    import target0, target1, target2
    print(target0.f(), target1.f(), target2.f(), len(parsed))
    """
    assert run(script, requires) == [f"new new new {times}"]


@pytest.mark.parametrize("requires", ["lib<2", "lib[more]<2"])
@pytest.mark.parametrize("change", ["in place", "another folder", "gone"])
def test_installation_in_the_life_of_a_process_is_seen_by_the_next_import(run, requires, change):
    """A change that pip makes between two imports counts for the second import."""
    script = f"""
    import pathlib, shutil
    import target0
    folder = pathlib.Path("lib-1.0.dist-info")
    if {change!r} == "in place":
        text = (folder / "METADATA").read_text()
        (folder / "METADATA").write_text(text.replace("1.0", "2.0"))
    elif {change!r} == "gone":
        shutil.rmtree(folder)
    else:
        new = folder.rename("lib-2.0.dist-info")
        (new / "METADATA").write_text((new / "METADATA").read_text().replace("1.0", "2.0"))
    importlib.invalidate_caches()
    import target1
    print(target0.f(), target1.f(), state("p1"))
    """
    assert run(script, requires) == ["new old dormant"]


def test_import_of_a_target_loads_no_reader_of_metadata(fresh_world):
    """The version is read up to the end of the headers, and neither importlib.metadata nor email is loaded for it."""
    fresh_world.write("victim.py", "def f(): return 'old'\n")
    folder = fresh_world.distribution("victim", "1.0")
    with (folder / "METADATA").open("a", encoding="utf-8") as file:
        file.write("\n" + "A description of many words.\n" * 5000)
    script = """
    import sys; before = set(sys.modules)
    import backportkit
    @backportkit.backport("victim:f", requires="victim<2", id="v-1", summary="s")
    def f(): return "new"
    @backportkit.backport("victim:f", requires="victim>=2,<3", id="v-2", summary="s")
    def g(): return "newer"
    backportkit.apply_all()
    import victim
    print(victim.f(), {"importlib.metadata", "email", "zipfile"} & (set(sys.modules) - before))
    """
    assert fresh_world.run(textwrap.dedent(script)) == ["new set()"]


@pytest.mark.parametrize("requires", ["lib<2", "lib[more]<2", "in-egg<2"])
def test_distribution_beside_an_archive(world, requires):
    """Distributions in an archive on `sys.path` count, as importlib.metadata finds them, and those in folders do."""
    world.write("victim.py", "def f(): return 'old'\n")
    world.write("in_egg-1.0.egg/EGG-INFO/PKG-INFO", "Name: In.Egg\nVersion: 1.0\n")
    world.distribution("other", "1.0")
    text = "Metadata-Version: 2.1\nName: lib\nVersion: 1.0\nAuthor: Zoë\nProvides-Extra: more\n"
    with zipfile.ZipFile(world.folder / "archive.zip", "w") as archive:
        archive.writestr(
            "lib-1.0.dist-info/METADATA", f"{text}Requires-Dist: other; extra == 'more'\n".encode("latin-1")
        )
    script = f"""
    import backportkit, sys
    backportkit.backport("victim:f", requires={requires!r}, id="v-1", summary="s")(lambda: "new")
    state = lambda: next(str(status.state) for status in backportkit.status() if status.id == "v-1")
    sys.path.append("in_egg-1.0.egg")
    print(state(), end=" ")
    sys.path.append("archive.zip")
    print(state(), end=" ")
    backportkit.apply_all()
    import victim; print(victim.f())
    """
    before = "waiting" if requires.startswith("in-egg") else "dormant"
    assert world.run(textwrap.dedent(script)) == [f"{before} waiting new"]


def test_distribution_that_a_finder_knows(world):
    """A distribution that only a foreign finder knows is found by importlib.metadata."""
    folder = world.distribution("lib", "1.0")
    folder.parent.joinpath("hidden").mkdir()
    folder.rename(folder.parent / "hidden" / folder.name)
    world.write("victim.py", "def f(): return 'old'\n")
    script = """
    import backportkit, importlib.metadata, pathlib, sys
    class Finder(importlib.metadata.DistributionFinder):
        def find_spec(self, name, path=None, target=None): return None
        def find_distributions(self, context=None):
            return [importlib.metadata.PathDistribution(pathlib.Path("hidden/lib-1.0.dist-info").absolute())]
    sys.meta_path.append(Finder())
    backportkit.backport("victim:f", requires="lib<2", id="v-1", summary="s")(lambda: "new")
    backportkit.apply_all()
    import victim; print(victim.f())
    """
    assert world.run(textwrap.dedent(script)) == ["new"]


# --- broken ones ---


def test_what_is_broken_beside_a_provider_does_not_hide_it(world):
    """Another distribution with damaged metadata does not keep a patch from being applied and shown."""
    world.provide(
        "def f(): return 'old'\n",
        "from backportkit import backport\n@backport('victim:f', requires="
        "'victim<2', id='one', summary='s')\ndef f(): return 'new'\n",
    )
    for name, text in {
        "binary": b"[backportkit.patches]\nvictim = \xff\n",
        "odd": b"[other]\nno entry\n",
    }.items():
        folder = world.distribution(name, "1.0")
        (folder / "METADATA").write_bytes(f"Name: {name}\nAuthor: Zoë\n".encode("latin-1"))
        (folder / "entry_points.txt").write_bytes(text)
    (world.folder / "nothing.egg" / "EGG-INFO").mkdir(parents=True)
    world.write("~rov-0.9.dist-info/entry_points.txt", "[backportkit.patches]\nvictim = no_such_module\n")
    script = """
    import backportkit
    sys.path.append("nothing.egg")
    import victim
    try: backportkit.apply_all()
    except backportkit.ProviderError as error: print(str(error).splitlines()[0])
    print(victim.f())  # pydantic, which asks the same distributions for its plugins, fails
    """
    lines = world.run(textwrap.dedent(script))
    assert lines[0].startswith("the patches of 'binary' cannot be loaded: ")
    assert lines[1:] == ["new"]


def test_provider_whose_description_is_no_utf_8_is_known_by_its_name(world):
    """Latin letters in the metadata are no reason to fail: name, version and extras are read."""
    world.provide(
        "def f(): return 'old'\n",
        "from backportkit import backport\n@backport('victim:f', requires="
        "'provider[more]<2', id='one', summary='s')\ndef f(): return 'new'\n",
    )
    path = world.folder / "provider-1.0.dist-info" / "METADATA"
    path.write_bytes("Name: Provider\nVersion: 1.0\nAuthor: Zoë\nProvides-Extra: more\n\nZoë\n".encode("latin-1"))
    script = """
    import backportkit, victim
    backportkit.apply_all()
    status = next(status for status in backportkit.status() if status.id == "one")
    print(victim.f(), status.provider, status.installed)
    """
    assert world.run(textwrap.dedent(script)) == ["new Provider {'provider': '1.0'}"]


def test_extra_of_an_egg_needs_what_its_own_file_says(world):
    """An egg-info has its requirements in a file of their own."""
    world.write("victim.py", "def f(): return 'old'\n")
    world.write("lib.egg-info/PKG-INFO", "Metadata-Version: 2.1\nName: lib\nVersion: 1.0\nProvides-Extra: more\n")
    world.write("lib.egg-info/requires.txt", "\n[more]\nabsent\n")
    script = """
    import backportkit
    backportkit.register(dict(id="p-1", summary="s", requires="lib[more]<2", target="victim:f", value=1))
    print(*[status.reason for status in backportkit.status() if status.id == "p-1"])
    """
    assert world.run(textwrap.dedent(script)) == ["lib 1.0 lacks its extra 'more': absent is not installed"]


def test_names_in_an_egg(world):
    """EGG-INFO is the metadata of a folder that is called an egg, and of no other; what else is there has a name."""
    world.write("plain-1.0/EGG-INFO/PKG-INFO", "Name: plain\nVersion: 1.0\n")
    world.write("one-1.0.egg/other-2.0.dist-info/METADATA", "Name: other\nVersion: 2.0\n")
    script = """
    import backportkit, sys
    sys.path += ["plain-1.0", "one-1.0.egg"]
    for name in ("plain", "one", "other"):
        backportkit.register(dict(id=f"p-{name}", summary="s", requires=f"{name}<3", target="victim:f", value=1))
    print(*[status.installed for status in backportkit.status() if status.id.startswith("p-")])
    """
    assert world.run(textwrap.dedent(script)) == ["{} {} {'other': '2.0'}"]
