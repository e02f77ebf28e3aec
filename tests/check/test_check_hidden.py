"""The commands show the characters that a source hides from its reader."""

from __future__ import annotations

import json

import pytest

pytestmark = pytest.mark.warm

SCRIPT = r"""
    import contextlib, io, json, os, pathlib
    from hypothesis import HealthCheck, Phase, given, settings, strategies as st
    from backportkit.__main__ import main
    from backportkit.printable import printable

    sys.dont_write_bytecode = True
    folder = pathlib.Path.cwd()

    def run(*arguments):
        out, err = io.StringIO(), io.StringIO()
        sys.argv = ["backportkit", *arguments]
        with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err), contextlib.suppress(SystemExit):
            main()
        return out.getvalue() + err.getvalue()

    SEEN = frozenset("\n")
    nasty = st.sampled_from("\x1b\x07\x08\x0b\x0c\x7f\x85\x9b\u061c\u200b\u200e\u202a\u202e\u2066\u2069")
    plain = st.sampled_from(["[2K", "[1A", "ab", "\u00e4", "x]", "[red]", "\u2028", "\ufeff", "\u3164"])
    texts = st.lists(st.one_of(nasty, plain), max_size=8).map("".join)
    number = iter(range(10**6))

    @settings(max_examples=6, deadline=None, database=None, derandomize=True, phases=[Phase.generate],
        suppress_health_check=list(HealthCheck))
    @given(texts, texts, texts)
    def shown(body, comment, summary):
        name = f"mine_{next(number)}"
        declared = "backport('victim:f', id=%r, requires='victim<2', fixes='https://x.example/1', summary=%r)" % (
            name.replace("_", "-"), "s" + summary)
        text = f"from backportkit import backport\n@{declared}\ndef f(a):\n    # begin{comment}end\n"
        text += f"    g('''{body}''')\n    last()\n"
        (folder / f"{name}.py").write_text(text, "utf-8")
        (folder / "victim.py").write_text(f"def f(a):\n    # begin{comment}end\n    return '''{body}'''\n", "utf-8")
        # Where the text is no Python or no summary, there is an error to be shown.
        patch_id = name.replace("_", "-")
        outputs = [run("diff", patch_id, "--import", name), run("explain", patch_id, "--import", name)]
        outputs += [run("check", f"{name}.py"), run("check", f"{name}.py", "--format", "github"), run("status")]
        for output in outputs:
            assert all(one.isprintable() or one in SEEN for one in output), ascii(output)
        assert "last()" in outputs[0] or "next:" in outputs[0] or "- " in outputs[0], outputs[0]
        if "last()" in outputs[0]:
            assert f"# begin{printable(comment)}end" in outputs[0].replace("\\n", ""), ascii(outputs[0])
        for arguments in (["status", "--json"], ["check", f"{name}.py", "--json"]):
            output = run(*arguments)
            assert not output.startswith("{") or (output.isascii() and json.loads(output)), ascii(output)

    shown()
    print("shown")
    """


def test_no_command_prints_what_is_not_seen(world):
    """The terminal gets escapes for all invisible characters in a source, a summary or a target."""
    world.distribution("victim", "1.5")
    world.write("victim.py", "def f(a): pass\n")
    assert world.run(SCRIPT) == ["shown"]


MINE = """\
from backportkit import backport


@backport("victim:f", id="victim-1", requires="victim<2", fixes="https://x.example/1", reproducer="platform:platform")
def f(a):
    "what breaks"
    {}
"""


def hidden(done):
    return [one["message"] for one in json.loads(done.stdout)["findings"] if one["code"] == "BK107"]


@pytest.fixture
def victim(world):
    world.distribution("victim", "1.5")
    world.write("victim.py", "def f(a): pass\n")
    return world


@pytest.mark.parametrize(
    "text",
    ["\x1b", "\x08", "\u202e", "\u2066", "\u200b", "\u3164", "\U000e0041", "\ufe01", "\u2028", "\u2800", "a\ufe0f"],
)
def test_source_with_hidden_characters_is_found(victim, start, text):
    """Escapes, marks of direction and invisible letters in the source of a patch are an error, with their place."""
    victim.write("mine.py", MINE.format(f"return '{text}{text}'"))
    done = start(victim, "check", "mine.py", "--json")
    assert done.returncode == 1
    escaped = text[-1].encode("unicode_escape").decode()
    assert hidden(done) == [f"mine.py:7 has '{escaped}' and 1 more, which nobody sees who reads it"]


def alike(done):
    return [one["message"] for one in json.loads(done.stdout)["findings"] if one["code"] == "BK110"]


@pytest.mark.parametrize(
    ("name", "seen"),
    [("s\u0441ope", "scope"), ("\u0430", "a"), ("\uff4fs", "os"), ("\U0001d428s", "os"), ("n\u043ene", "none")],
)
def test_name_of_letters_that_look_alike_is_found(victim, start, name, seen):
    """A name that a reader takes for another one is a warning, with its place, and with what it looks like."""
    victim.write("mine.py", MINE.format(f"{name} = 1; return {name}"))
    written = name.encode("unicode_escape").decode()
    assert alike(start(victim, "check", "mine.py", "--json")) == [
        f"mine.py:7 has '{written}' and 1 more, which looks like {seen}"
    ]


@pytest.mark.parametrize(
    "name", ["gr\u00f6\u00dfe", "\u0441\u0447\u0451\u0442", "\u0394x", "\u03c1_0", "\u5024x", "'s\u0441ope'"]
)
def test_names_of_any_language_are_no_finding(victim, start, name):
    """Names that look like no other one, letters of formulas and texts are no finding."""
    victim.write("mine.py", MINE.format(f"return {name}"))
    assert alike(start(victim, "check", "mine.py", "--json")) == []


@pytest.mark.parametrize(
    "one",
    [
        "\t",
        "\f",
        "\u00e4",
        "\u00a0",
        "\u0440",
        "\U0001f469\u200d\U0001f4bb",
        "\u26a0\ufe0f",
        "1\ufe0f\u20e3",
        "\u2764\ufe0f\u200d\U0001f525",
        "\u0645\u06cc\u200c\u062e",
    ],
)
def test_letters_of_any_language_are_no_finding(victim, start, one):
    """Characters that belong to words, to emoji or to the layout of a source file are no finding."""
    victim.write("mine.py", MINE.format(f"return '{one}'"))
    assert hidden(start(victim, "check", "mine.py", "--json")) == []


def test_source_of_a_replacement_elsewhere_and_of_data_is_looked_at(victim, start):
    """Hidden characters count in the file of the replacement and in a file of patches, too; each file once."""
    victim.write("bodies.py", "\ufeff" + "def f(a):\n    return '\u202e'\n")
    patch = "[[patch]]\nid = 'victim-{0}'\nsummary = 'a{1}b'\nrequires = 'victim<2'\ntarget = 'victim:f'\n"
    text = patch.format(1, "\u2066") + "replacement = 'bodies:f'\n"
    victim.write("patches.toml", text)
    done = start(victim, "check", "patches.toml", "--json")
    assert [message.partition(",")[0] for message in hidden(done)] == [
        "patches.toml:3 has '\\u2066'",
        "bodies.py:2 has '\\u202e'",
    ]


def test_diff_counts_lines_as_python_does(victim, start):
    """A form feed or another separator within a line does not shift what a diff shows."""
    victim.write("victim.py", "a = '\x0c\x85\u2028'\nb = '\x1c'\ndef f(a):\n    return 'old\u2028'\n")
    victim.write("mine.py", MINE.format("return 'new\x85'"))
    lines = start(victim, "diff", "victim-1", "--import", "mine").stdout.splitlines()
    assert "-    return 'old\\u2028'" in lines
    assert "+    return 'new\\x85'" in lines
