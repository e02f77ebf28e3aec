"""No output has a character that hides something, or a text that means something else where it goes."""

from __future__ import annotations

import json
import re

import pytest
import warm
from hypothesis import given
from hypothesis import strategies as st

from backportkit.check import formats
from backportkit.check.findings import Finding
from backportkit.cli import printing
from backportkit.errors import ApplyError, BackportError, DeclarationError
from backportkit.proof import markdown, page
from backportkit.proof.record import Alike, Cell, Colour, Installed, Matrix, Outcome, Phase, Run, Tool

pytestmark = pytest.mark.warm

SHOWN_BY_NOBODY = re.compile("[\x00-\x09\x0b-\x1f\x7f-\x9f\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]")


@pytest.fixture
def victim(world):
    world.distribution("victim", "1.5")
    world.write("victim.py", "def f(a): pass\n")
    return world


INJECTED = "x\n::error::injected"


@pytest.mark.parametrize(
    ("arguments", "env"),
    [
        (["status"], {"BACKPORTKIT_DISABLE": INJECTED}),
        (["run", INJECTED], {}),
        (["status", INJECTED], {}),
        (["explain", INJECTED], {}),
    ],
)
def test_log_obeys_nothing_that_a_variable_or_an_argument_says(victim, arguments, env):
    """A command of a log at the start of a line, in a value that an error or warning repeats, is escaped."""
    done = start(victim, *arguments, **env)
    assert "injected" in done.stdout + done.stderr
    assert not re.search(r"(?m)^\s*::error", done.stdout + done.stderr)


def test_log_obeys_nothing_that_a_start_says(victim):
    """What a start says of a variable is escaped as what commands say."""
    script = f"""
    import os
    from backportkit import bootstrap
    os.environ["BACKPORTKIT_DUMP"] = {INJECTED!r}
    bootstrap.activate()
    """
    done = victim.start(script)
    assert "injected" in done.stderr
    assert not re.search(r"(?m)^\s*::error", done.stderr)


def test_traceback_in_the_log_has_nothing_that_a_terminal_obeys(victim):
    """The traceback of a callback's error is logged with escapes, and handlers get the error itself."""
    script = r"""
    import backportkit, logging
    logging.basicConfig(stream=sys.stdout)
    def fail(module):
        raise ValueError("\x1b[2K\n::error::injected")
    @backportkit.backport("victim:f", id="v-1", requires="victim<2", summary="s", callbacks={"after_apply": fail})
    def f(a):
        pass
    backportkit.apply_all()
    import victim
    """
    done = victim.start(script)
    assert "injected" in done.stdout
    assert not SHOWN_BY_NOBODY.search(done.stdout + done.stderr)
    assert not re.search(r"(?m)^\s*::error", done.stdout + done.stderr)


def start(world, *arguments, **env):
    return warm.run(["-m", "backportkit", *arguments], world.folder, {"PYTHONPATH": str(world.folder)} | env)


MINE = """\
from backportkit import backport


def helper():
    {}


def told(module):
    helper()


@backport("victim:f", id="victim-1", requires="victim<2", callbacks={{"after_apply": told}})
def f(a):
    "what breaks"
    {}
"""
HIDING = [
    "import os  # \x1b[1A\x1b[2Knothing\n    os.system('x')  # \x1b[8m",
    "import os\n    os.system('x')  #\r    return 1            ",
    "import os\n    os.system('x')  # \u202e\u2066}}",
    "import os\n    os.system('x')  # \x9b2K\x08\x08\x08\x08",
    "import os\n    os.system('x')  # \x0c",
]


@pytest.mark.parametrize("body", HIDING)
@pytest.mark.parametrize("at", ["replacement", "helper"])
def test_call_that_hides_is_seen(victim, body, at):
    """A review has the call that escapes, carriage returns and marks of direction hide, in a helper, too."""
    text = MINE.format("return 1", body) if at == "replacement" else MINE.format(body, "return helper()")
    (victim.folder / "mine.py").write_text(text, "utf-8", newline="")
    done = start(victim, "diff", "victim-1", "--import", "mine")
    assert (done.returncode, done.stderr) == (0, "")
    assert re.search(r"^\+ +os\.system\('x'\)", done.stdout, re.MULTILINE), done.stdout
    assert not SHOWN_BY_NOBODY.search(done.stdout)


DECLARED = """
[[patch]]
id = "victim-1"
summary = "s"
requires = "victim<2"
target = "victim:f"
replacement = "home.bodies:f"
reproducer = "home.bug:reproduce"
{}

[patch.callbacks]
after_apply = "home.called:after"
"""
PARTS = {
    "patches.toml": DECLARED,
    "home/__init__.py": "{}",
    "home/bodies.py": "from home.near import helper\n\n\ndef f(a):\n    return helper()\n{}",
    "home/near.py": "def helper():\n    return 1\n{}",
    "home/bug.py": "def reproduce(): pass\n{}",
    "home/called.py": "def after(module): pass\n{}",
}


@pytest.mark.parametrize("hiding", ["# \u202e", "# \x1b[8m", "# a\r# b"])
@pytest.mark.parametrize("file", PARTS)
def test_each_file_of_a_patch_is_searched_for_what_hides(victim, file, hiding):
    """BK107 covers the declaring file, data, replacements, helpers, callbacks and the reproducer."""
    if file == "patches.toml":
        hiding = "# \u202e"  # TOML has no other characters that hide something
    for name, text in PARTS.items():
        whole = text.format(f"{hiding}\n" if name == file else "")
        victim.write(name, "").write_text(whole, "utf-8", newline="")
    found = json.loads(start(victim, "check", "patches.toml", "--json").stdout)["findings"]
    assert [one["message"].partition(":")[0] for one in found if one["code"] == "BK107"] == [file]


# --- where text goes -----------------------------------------------------------------------------------------------

ATTACKS = [
    "::add-mask::secret",
    "ok\n::add-mask::secret",
    "ok\r::stop-commands::x",
    "##[add-mask]secret",
    "##vso[task.setvariable variable=a]b",
    "<script>alert(1)</script>",
    "a | b",
    "`code` **bold** [link](https://evil.example) ![image](x)",
    "<!-- ",
    "&lt;b&gt;",
    "100 %0A::error::x",
    "[red]x[/red] [/]",
]


@pytest.mark.parametrize("attack", ATTACKS)
def test_annotation_is_one_command(attack):
    """Nothing in any field of a finding begins another workflow command, or another property."""
    finding = Finding("BK107", attack, attack, patch=attack, target=attack, path=attack, line=1)
    (line,) = formats.as_github([finding]).splitlines()
    properties, _, message = line.removeprefix("::error ").partition("::")
    assert re.fullmatch(r"file=[^,:]*,line=1,title=BK107 [\w ]+", properties)
    assert not SHOWN_BY_NOBODY.search(message)
    assert "\n" not in message


@pytest.mark.parametrize("attack", ATTACKS)
def test_sarif_has_text_that_is_no_link(attack):
    """A message in SARIF has no link of others in it, and a place is an address."""
    finding = Finding("BK107", attack, attack, patch="p-1", path=attack)
    text = formats.as_sarif([finding])
    (result,) = json.loads(text)["runs"][0]["results"]
    assert not re.search(r"(?<!\\)\[[^\]]*\]\(", result["message"]["text"])
    uri = result["locations"][0]["physicalLocation"]["artifactLocation"]["uri"]
    assert re.fullmatch(r"[\w%./,~-]*", uri)


def matrix(said):
    """Return a proof with a text in each field that may have any."""
    run = Run(phase=Phase.WITHOUT, colour=Colour.BROKEN, message=said, seconds=1, versions={said: said}, output=said)
    cell = Cell(
        version="1.0",
        python=said,
        declared=True,
        outcome=Outcome.BROKEN,
        message=said,
        runs=(run,),
        yanked=said,
        package=said,
        installed=(Installed(name=said, version=said, file=said),),
    )
    return Matrix(
        content=said,
        tool=Tool(version=said, sha256=said),
        patch=said,
        summary=said,
        package=said,
        requires=said,
        fixes=said,
        holds=False,
        right=said,
        notes=(said,),
        platform=said,
        cells=(cell,),
        alike=(Alike(versions=(said,), like=said, outcome=Outcome.PROVED, package=said),),
    )


def columns(text):
    """Return the borders of columns in each line that has any."""
    return [re.sub(r"[^|]", "", line) for line in text.splitlines() if "|" in line]


@pytest.mark.parametrize("attack", ATTACKS)
def test_page_of_proofs_has_text_as_text(attack, tmp_path):
    """No field of a proof makes markup, a link, a column or a line of the page."""
    usual = page._text([matrix("plain")], tmp_path)
    text = page._text([matrix(attack)], tmp_path)
    bare = re.sub(r"`[^`\n]*`", "", re.sub(r"\\[!-/:-@\[-`{-~]", "", text))
    plain = re.sub(r"`[^`\n]*`", "", usual)
    assert columns(bare) == columns(plain)
    assert not re.search(r"[<>&]|!\[|__|~~", bare)
    assert len(re.findall(r"\]\(", bare)) == len(re.findall(r"\]\(", plain))
    assert not SHOWN_BY_NOBODY.search(text)


@given(st.text())
def test_markdown_is_one_line_and_harmless(said):
    """Any text is one line of text in Markdown, and as code one code span."""
    written = markdown.text(said)
    assert not re.search(r"[<>|`*\[\]]", re.sub(r"\\[!-/:-@\[-`{-~]", "", written))
    assert not SHOWN_BY_NOBODY.search(written + markdown.code(said))
    assert "\n" not in written + markdown.code(said)
    assert markdown.code(said).count("`") == 2


@given(st.text() | st.sampled_from(ATTACKS))
def test_log_obeys_nothing_that_is_printed(said):
    """No text that a command prints is a command of the log of GitHub Actions or Azure Pipelines."""
    for shown in (printing.seen(said), printing.lined(said).plain, printing.seen(f"+  {said}"), printing.escape(said)):
        assert not re.search(r"##\w*\[", shown)
        assert not re.search(r"^\s*::(add-mask|stop-commands|error|group)[ :]", shown, re.MULTILINE)


@pytest.mark.parametrize("attack", ["::add-mask::secret x", "##[add-mask]secret", "##vso[task.x]y"])
def test_commands_in_a_summary_reach_no_log(victim, attack):
    """`check`, `explain`, `diff` and `status` print no line that a log obeys, whatever the width."""
    victim.write(
        "mine.py",
        f"""
        from backportkit import backport
        @backport("victim:f", id="victim-1", requires="victim<2", unbounded_because={attack!r}, summary={attack!r})
        def f(a):
            '''
            {attack}
            '''
        """,
    )
    for width in ("20", "200"):
        for command in (["check", "mine.py"], ["check", "mine.py", "--json"], ["explain", "victim-1"]):
            at = [] if command[0] == "check" else ["--import", "mine"]
            printed = start(victim, *command, *at, COLUMNS=width).stdout
            assert not re.search(r"^\s*::|##\w*\[", printed, re.MULTILINE), printed
        printed = start(victim, "diff", "victim-1", "--import", "mine", COLUMNS=width).stdout
        assert not re.search(r"^[-+ ]?\s*::|##\w*\[", printed, re.MULTILINE), printed


# --- every exit ----------------------------------------------------------------------------------------------------

NASTY = st.text(st.characters(max_codepoint=0x9F) | st.sampled_from("\u061c\u200e\u202e\u2066\u2069"))


@given(NASTY)
def test_text_of_an_error_is_printable(said):
    """Errors, which tracebacks, warnings and logs print, show what nobody would see. Tabs stay in them."""
    facts = dict.fromkeys(("patch", "target", "expected", "found", "next_step"), said)
    error = BackportError(said, **facts)
    for one in (error, DeclarationError(said, problems=[said]), ApplyError([error])):
        assert not SHOWN_BY_NOBODY.search(str(one).replace("\t", ""))


@given(NASTY)
def test_json_says_the_same(said):
    """A document in JSON has escapes that are JSON's own, so that its reader gets the very text."""
    import contextlib
    import io

    out = io.StringIO()
    with contextlib.redirect_stdout(out):
        printing.emit_json(printing.as_json({"said": f"{said}##[x]"}))
    assert not SHOWN_BY_NOBODY.search(out.getvalue())
    assert json.loads(out.getvalue()) == {"said": f"{said}##[x]"}


def test_start_says_errors_printably(victim):
    """The one line of a start on stderr, and the record of a log, have no character that nobody sees."""
    script = r"""
        import logging
        from backportkit import errors, failing
        failing.tell(ValueError("a\x1b[2Kb\u202ec"))
        logging.basicConfig(stream=sys.stderr, format="%(message)s")
        errors.write_log("warning", "%s", "d\x1b[2Ke")
    """
    said = victim.start(script).stderr
    assert said.splitlines() == ["backportkit: ValueError: a\\x1b[2Kb\\u202ec", "d\\x1b[2Ke"]


def test_table_and_progress_escape_what_they_are_given(victim):
    """What rich prints is printable, whoever has made the text."""
    script = r"""
        from rich.text import Text
        from backportkit.cli.printing import console
        from backportkit.cli.progress import Steps
        console().print(Text("a\x1b[2Kb\tc"))
        console().print("d\x9be", markup=False)
        with Steps() as steps:
            steps("f\x1b[2K[red]")
    """
    done = victim.start(script)
    assert done.stdout.split() == ["a\\x1b[2Kb", "c", "d\\x9be"]
    assert done.stderr == "f\\x1b[2K[red]\n"


ANY_DECLARATION = r"""
    import contextlib, io, json, os, pathlib, re
    from hypothesis import HealthCheck, Phase, given, settings, strategies as st
    from backportkit.__main__ import main

    sys.dont_write_bytecode = True
    os.environ["BACKPORTKIT_CACHE"] = os.path.abspath("cache")
    folder = pathlib.Path.cwd()

    def run(*arguments):
        out, err = io.StringIO(), io.StringIO()
        sys.argv = ["backportkit", *arguments]
        with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err), contextlib.suppress(SystemExit):
            main()
        return out.getvalue() + err.getvalue()

    ODD = "\x00\x07\x08\t\r\x1b\x7f\x80\x9b\u061c\u200e\u202a\u202e\u2028\u2066\u2069[2K|`<ab:/"
    said = st.text(st.sampled_from(ODD) | st.characters(), max_size=12)
    FIELDS = {
        "id": "victim-1", "summary": "s", "requires": "victim<2", "target": "victim:f", "replacement": "bodies:f",
        "fixes": "https://x.example/1", "references": ["https://x.example/2"], "unbounded_because": "b",
        "supersedes": ["other-1"], "aliases": ["user:f"], "original": "ast1:0123456789ab", "how": "replace",
        "reproducer": "bodies:bug", "callbacks": {"after_apply": "bodies:after"}, "upstream_status": "open",
        "resolves": ["CVE-2024-5569"],
    }

    def like(usual, odd):
        return {"after_apply": odd} if isinstance(usual, dict) else [odd] if isinstance(usual, list) else odd

    @st.composite
    def declarations(draw):
        fields = {**FIELDS}
        for name in draw(st.sets(st.sampled_from([*FIELDS]), max_size=2)):
            odd = draw(said)
            fields[name] = like(fields[name], draw(st.sampled_from([odd, f"{FIELDS[name]}"[:8] + odd])))
        if draw(st.booleans()):
            del fields["replacement"]
            fields["value"] = draw(st.recursive(said, lambda inner: st.lists(inner, max_size=2), max_leaves=3))
        if draw(st.booleans()):
            fields[draw(said)] = draw(said)
        return fields

    number = iter(range(10**6))
    HIDDEN = re.compile(HIDDEN_BY)

    EXAMPLES = int(os.environ.get("BACKPORTKIT_TEST_DECLARATIONS", "4"))

    @settings(max_examples=EXAMPLES, deadline=None, database=None, derandomize=True, phases=[Phase.generate],
        suppress_health_check=list(HealthCheck))
    @given(declarations(), said, said)
    def shown(fields, comment, text):
        file = f"patches{next(number)}.json"
        fields["id"] = f"{fields['id']}{file[7:-5]}"
        (folder / file).write_text(json.dumps({"patch": [fields]}), "utf-8")
        helper = f"def helper():\n    return {text!r}  # {comment}end\n"
        bodies = f"def f(a):\n    return helper()\ndef bug(): pass\ndef after(module): helper()\n{helper}"
        (folder / "bodies.py").write_bytes(bodies.encode("utf-8", "surrogatepass"))
        at, patch_id = ["--import", file], fields["id"]
        for command in (["diff", patch_id], ["explain", patch_id], ["status"], ["status", "--json"],
            ["prove", text or "x", "--versions", comment], ["history", text or "x", "--offline"],
            ["preview", f"victim=={comment}", "--offline"], ["check", file], ["check", file, "--json"],
            ["check", file, "--format", "sarif"], ["check", file, "--format", "github"], [text], ["diff", comment]):
            output = run(*command, *([] if command[0] == "check" or not command[1:] else at))
            assert not HIDDEN.search(output), (command, fields, ascii(output))
            assert "Traceback" not in output, output

    shown()
    print("shown")
"""


def test_no_command_prints_a_hidden_character_of_any_declaration(victim):
    """No command prints a control character but the end of a line, or a mark of direction, whatever is declared."""
    assert victim.run(ANY_DECLARATION.replace("HIDDEN_BY", ascii(SHOWN_BY_NOBODY.pattern))) == ["shown"]
