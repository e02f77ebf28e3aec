"""A command answers wrong arguments and wrong files with a message and an exit code, never with a traceback."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest

pytestmark = pytest.mark.warm

# Runs in a process of its own, since what is valid by chance is registered and imported.
SCRIPT = """
    import contextlib, io, json, pathlib
    from hypothesis import HealthCheck, given, settings, strategies as st
    from backportkit.__main__ import main

    def run(*arguments):
        out, err = io.StringIO(), io.StringIO()
        sys.argv = ["backportkit", *arguments]
        code = 0
        with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
            try:
                main()
            except SystemExit as leaving:
                code = leaving.code or 0
        assert code in (0, 1, 2, 3), (arguments, code)
        assert code != 2 or err.getvalue().strip(), arguments
        return code

    often = settings(
        max_examples=50, deadline=None, database=None, derandomize=True, suppress_health_check=list(HealthCheck)
    )
    words = st.text(st.characters(exclude_characters="\\0"), max_size=12)
    commands = st.sampled_from(["check", "diff", "explain", "status", "prove", "nonsense", "--version", "--help"])
    options = st.sampled_from(["--json", "--format", "sarif", "github", "--import", "--fresh", ".", "-", "..", "--"])

    @often
    @given(commands, st.lists(st.one_of(options, words), max_size=4))
    def arguments(command, rest):
        run(command, *rest)

    names = st.sampled_from(
        ["id", "summary", "requires", "target", "replacement", "value", "how", "namespace", "original", "fixed"]
        + ["fixes", "references", "resolves", "reproducer", "supersedes", "aliases", "required", "edits", "other"]
        + ["unbounded_because", "opt_in"]
    )
    likely = st.sampled_from(
        ["torch<2", "torch>=2,<1", "os.path:join", "json:JSONDecoder.decode", "json:x['a']", "mine:f"]
        + ["ast1:0123456789ab", "https://x.example/pull/1", "follow", "keep", "add", "wrap", "some-id"]
        + ["sys:exit", "a.b:c", "numpy===x"]
    )
    values = st.recursive(
        st.one_of(likely, likely, words, st.booleans(), st.integers(), st.floats(-9, 9)),
        lambda inner: st.lists(inner, max_size=3),
        max_leaves=5,
    )
    tables = st.dictionaries(names, values, max_size=8).map(
        lambda fields: {"requires": "torch<2", "target": "os.path:join", "value": 1, "summary": "s"} | fields
    )
    number = iter(range(10**6))

    def toml(key, fields):
        return "\\n".join([key, *(f"{name} = {json.dumps(value)}" for name, value in fields.items()), ""])

    @often
    @given(st.lists(tables, max_size=3), st.booleans())
    def patches(entries, as_json):
        path = pathlib.Path("patches.json" if as_json else "patches.toml")
        text = json.dumps({"patch": entries}) if as_json else "".join(toml("[[patch]]", one) for one in entries)
        path.write_bytes(text.encode("utf-8", "replace"))
        run("check", str(path), "--format", "json")

    @often
    @given(st.one_of(st.binary(max_size=40), words.map(lambda word: word.encode("utf-8", "replace"))))
    def files(content):
        name = ["patches.toml", "patches.json", "pyproject.toml", "uv.lock", "requirements.txt"][next(number) % 5]
        pathlib.Path("folder").mkdir(exist_ok=True)
        (pathlib.Path("folder") / "pyproject.toml").write_text("")
        (pathlib.Path("folder") / name).write_bytes(content)
        run("check", f"folder/{name}" if name.startswith("p") else "folder")
        (pathlib.Path("folder") / name).unlink()

    keys = st.sampled_from(
        ["name", "dependencies", "requires-python", "optional-dependencies", "entry-points", "modules"]
    )
    groups = st.sampled_from(
        ["[project]", "[tool.backportkit]", "[[package]]", '[project.entry-points."backportkit.patches"]']
        + ["[project.optional-dependencies]", "[project.entry-points]"]
    )

    @often
    @given(groups, st.dictionaries(keys, values, max_size=4))
    def projects(group, fields):
        pathlib.Path("project").mkdir(exist_ok=True)
        text = toml(group, fields).encode("utf-8", "replace")
        for name in ("pyproject.toml", "uv.lock"):
            (pathlib.Path("project") / name).write_bytes(text)
        run("check", "project")

    for test in (arguments, patches, files, projects):
        test()
    print("survived")
    """


PROVED = """
    from backportkit import backport
    def reproduce():
        import victim
        assert victim.f() == "new"
    @backport("victim:f", id="victim-1", requires="victim<2", fixes="https://x.example/1", reproducer=reproduce)
    def f():
        "what breaks"
        return "new"
"""


def test_wrong_input_never_ends_in_a_traceback(world):
    assert world.run(SCRIPT) == ["survived"]


@pytest.mark.skipif(os.name == "nt", reason="Windows deletes no folder that somebody is in")
@pytest.mark.parametrize(
    ("line", "code"),
    [
        ("status", 0),
        ("check", 0),
        ("check mine", 0),
        ("check mine.py", 2),
        ("explain victim-1", 0),
        ("explain victim-1 --import mine", 0),
        ("diff victim-1", 0),
        ("prove victim-1", 0),
        ("deactivate", 0),
    ],
)
def test_working_directory_that_was_deleted(world, line, code):
    """A command in a deleted directory finds no project, and does all else as usual, also under `python -m`."""
    world.provide("def f(): return 'old'\n", PROVED)
    world.write("mine.py", "")
    script = "import os; os.mkdir('gone'); os.chdir('gone'); os.rmdir('../gone')\n"
    called = "sys.argv = ['backportkit', *sys.argv[1:]]\nfrom backportkit.__main__ import main\nmain()"
    done = world.start(script + called, *line.split(), env={"PYTHONPATH": str(world.folder)})
    assert (done.returncode, "Traceback" in done.stderr) == (code, False), done.stderr
    command = "os.execv(sys.executable, [sys.executable, '-m', 'backportkit', 'status'])"
    done = world.start(script + command, env={"PYTHONPATH": str(world.folder)})
    assert (done.returncode, "victim-1" in done.stdout) == (0, True), done.stderr


def test_output_that_the_terminal_cannot_show_is_escaped(world):
    world.write("euro\u20ac.json", '{"patch": [{"id": 5}]}')
    done = subprocess.run(
        [sys.executable, "-m", "backportkit", "check", "euro\u20ac.json"],
        capture_output=True,
        check=False,
        cwd=world.folder,
        env=os.environ | {"PYTHONIOENCODING": "latin-1"},
    )
    assert done.returncode == 2
    assert b"euro\\u20ac.json, patch 1" in done.stderr
