"""No secret of the environment is in anything that is printed, kept or written, in whatever form it is encoded."""

from __future__ import annotations

import json
from urllib.parse import quote, quote_plus

import pytest
import warm
from package_index import installable

from backportkit import redacted
from backportkit.proof import page
from backportkit.proof.record import Cell, Matrix, Outcome, Phase, Run
from backportkit.shown import shown
from backportkit.upstream import settings

pytestmark = pytest.mark.warm

CANARY = 'canary/of "mine" +é@\\100%'
PASSWORD = "pass word:9/canary"  # noqa: S105 -- of an index on this machine
NAMES = ["UV_PUBLISH_TOKEN", "PIP_SECRET", "XDG_PASSWORD", "UV_API_KEY", "PIP_CREDENTIALS", "XDG_KEYS", "UV_DB_PWD"]
SECRETS = {name: f"{CANARY}{number}" for number, name in enumerate(NAMES)}

PATCHES = """
import os, sys
from backportkit import Patch, register

SECRETS = %r

def reproduce():
    import victim
    print(os.environ["UV_PUBLISH_TOKEN"], *SECRETS)
    print(*map(repr, SECRETS), file=sys.stderr)
    if victim.f() == "new":
        raise ValueError("failed with " + SECRETS[-1])
    assert victim.f() == "new", f"f() gave old {SECRETS}"

def f(): return "new"

register(Patch(id="victim-1", requires="victim>=1,<2", summary="f() gives the wrong answer", target="victim:f",
               replacement="provider:f", reproducer=dict(run="provider:reproduce", expect="f.. gave old")))
"""


@pytest.fixture
def canaries():
    """All forms in which a secret may stand somewhere."""
    every = [*SECRETS.values(), PASSWORD]
    encoders = str, quote, quote_plus, json.dumps, repr, lambda text: quote(text, safe=""), ascii
    encoders += (lambda text: json.dumps(repr(text)),)
    return {encode(one).strip("\"'") for one in every for encode in encoders} | {"canary"}


SENT = (
    "https://somebody:canary@host/ {'Authorization': 'Bearer canary.canary'} authorization: Basic canary Bearer canary"
)


@pytest.mark.parametrize("line", [["status"], ["check"], ["explain", "victim-1"], ["status", "--import", "provider"]])
def test_error_of_a_provider(world, line):
    """An error of a provider is quoted without what an address has before the host, and without authorisations."""
    world.provide("", f"raise RuntimeError({SENT!r})")
    done = world.start(f"sys.argv[1:] = {line!r}\nfrom backportkit.__main__ import main\nmain()")
    said = " ".join((done.stdout + done.stderr).split())
    assert "canary" not in said
    assert "https://***@host/ {'Authorization': 'Bearer ***'} authorization: Basic *** Bearer ***" in said


@pytest.mark.parametrize("when", ["replacement", "callback"])
def test_error_of_a_patch(world, when):
    """An error of a replacement's module, or of a callback, is quoted so, too."""
    fields = {"replacement": "bad:f"} if when == "replacement" else {"value": 1, "callbacks": {"before_apply": "bad:f"}}
    world.write("bad.py", f"raise RuntimeError({SENT!r})")
    world.write("victim.py", "def f(): return 'old'\n")
    world.distribution("victim", "1.0")
    script = """
        import backportkit
        backportkit.register(backportkit.Patch(id="a-1", target="victim:f", requires="victim<9", summary="s", **{!r}))
        backportkit.apply_all()
        try: import victim
        except ImportError: pass
        print([one.reason for one in backportkit.status() if one.id == "a-1"])
    """
    (said,) = world.start(script.format(fields)).stdout.splitlines()
    assert "canary" not in said
    assert "https://***@host/" in said


def test_proof(world, canaries):
    """Whatever a reproducer prints, raises and gets passed on, no secret is printed or kept."""
    world.provide("def f(): return 'old'\n", PATCHES % [*SECRETS.values()])
    (world.folder / "temporary").mkdir()
    variables = {"PYTHONPATH": str(world.folder), "TMPDIR": str(world.folder / "temporary"), "COLUMNS": "80"} | SECRETS
    for more in ([], ["--json"]):
        line = ["-m", "backportkit", "prove", "victim-1", "--env", "UV_PUBLISH_TOKEN", *more]
        done = warm.run(line, world.folder, variables)
        assert done.returncode == 1, done.stderr
        assert "f() gave old ['***', '***'" in done.stdout
        assert [one for one in canaries if one in done.stdout + done.stderr] == []
    kept = [path for path in (world.folder / "temporary").rglob("*") if path.is_file()]
    assert {path.name for path in kept} >= {"output.txt", "request.json", "answer.json"}
    assert [(one, path) for path in kept for one in canaries if one in path.read_text("utf-8")] == []


def test_expected_failure_with_a_secret(world):
    """A failure is compared with what is expected before its secrets are taken out: a word may be a password."""
    passing = PATCHES.replace('raise ValueError("failed with " + SECRETS[-1])', "return")
    world.provide("def f(): return 'old'\n", passing % ["x"])
    variables = {"PYTHONPATH": str(world.folder), "TMPDIR": str(world.folder), "XDG_PASSWORD": "f() gave old"}
    line = ["-m", "backportkit", "prove", "victim-1", "--env", "UV_PUBLISH_TOKEN", "--json"]
    done = warm.run(line, world.folder, variables | {"UV_PUBLISH_TOKEN": "x"})
    assert done.returncode == 0, done.stdout
    assert json.loads(done.stdout)["runs"][0]["message"].startswith("AssertionError: ***")


ADDRESS = f"http://me:{quote(PASSWORD, safe='')}@"


@pytest.mark.parametrize("fault", ["none", "refused", "no file"])
def test_index(resolvable, canaries, fault):
    """The password in the address of an index is in no output, page, error or kept file."""
    resolvable.release("2.0", "def f(): return 'new'\n")
    resolvable.put("victim-1.0-py3-none-any.whl", installable("1.0", "def f(): return 'old'\n"))
    resolvable.credentials = "me:another" if fault == "refused" else f"me:{PASSWORD}"
    if fault == "no file":
        resolvable.closed = "/files/"
        resolvable.credentials = "me:another"
    folder = resolvable.folder
    folder.joinpath("provider.py").write_text(PATCHES % [*SECRETS.values()])
    folder.joinpath("pyproject.toml").write_text('[project]\nname = "m"\n[tool.backportkit]\nmodules = ["provider"]\n')
    variables = SECRETS | {"UV_DEFAULT_INDEX": resolvable.address.replace("http://", ADDRESS)}
    lines = [
        ["history", "victim:f"],
        ["history", "victim:f", "--json"],
        ["prove", "victim-1", "--versions", "1.0", "--output", "proofs"],
        ["diff", "victim-1", "--against", "2.0"],
        ["preview", "victim==2.0"],
        ["check", "--upstream"],
        ["status", "--json"],
        ["explain", "victim-1"],
    ]
    for line in lines:
        done = resolvable.run(*line, **variables)
        assert [(one, line) for one in canaries if one in done.stdout + done.stderr] == []
    written = [path for name in ("proofs", "cache") for path in (folder / name).rglob("*") if path.is_file()]
    texts = {path: path.read_bytes().decode("utf-8", "replace") for path in written}
    assert [(one, path) for path, text in texts.items() for one in canaries if one in text] == []
    assert (folder / "proofs" / "README.md").exists()


def test_page(tmp_path, monkeypatch, canaries):
    """No secret is in the page of a proof, or in its JSON, whatever a message says."""
    for name, value in SECRETS.items():
        monkeypatch.setenv(name, value)
    redacted._of_variables.cache_clear()
    said = " ".join([*SECRETS.values(), *map(quote, SECRETS.values())])
    run = Run(phase=Phase.WITHOUT, colour="broken", message=said, seconds=1, versions={})
    cell = Cell(version="1.0", python="3.11", declared=True, outcome=Outcome.BROKEN, message=said, runs=(run,))
    fields = {"package": "victim", "requires": "victim<2", "fixes": None, "holds": False, "right": None}
    matrix = Matrix(patch="victim-1", summary=said, notes=(said,), platform="Linux", cells=(cell,), **fields)
    page.write([matrix], tmp_path)
    redacted._of_variables.cache_clear()
    texts = [path.read_text("utf-8") for path in tmp_path.iterdir()]
    assert [one for one in canaries for text in texts if one in text] == []
    assert [text.count("***") > 0 for text in texts] == [True, True]


def test_error_that_nobody_foresaw(world, canaries):
    """A traceback of the program itself has no secret."""
    world.write("provider.py", f"raise SystemError({[*SECRETS.values()]!r})")
    world.write("script.py", "")
    code = f"""
        import sys
        from backportkit.cli import app
        app.plain = lambda line: 1 / 0 if print({CANARY + "0"!r}) else {{}}[{CANARY + "1"!r}]
        app.app()
    """
    done = world.start(code, env=SECRETS)
    assert (done.returncode, done.stdout) == (2, "***\n")
    assert "KeyError" in done.stderr
    assert [one for one in canaries if one in done.stderr.split("KeyError")[1]] == []


RAISED = {  # what a provider raises of the value of each variable
    "SSH_PRIVATE_KEY": ("--BEGIN KEY--\nAAAAB3NzaC1ycSECRET\nZZZZB3NzaC1ycSECRET\n--END KEY--\n", "value"),
    "OTHER_KEY": ("--BEGIN KEY--\nBBBBB3NzaC1ycSECRET\n", "value.splitlines()[1]"),
    "DB_PASSWORD": ("correct horse batterySECRET staple over the hill", "value"),
    "DATABASE_URL": ("postgres://u:hunter2SECRET%40q@h/db", "value + ' ' + quote(value, safe='')"),
    "SLASH_TOKEN": ("wJalrXUtnFEMI/K7MDENG/SECRETCY", "quote(value, safe='')"),
    "UMLAUT_TOKEN": ("pässSECRETwörd", "ascii(value) + ' ' + repr(value.encode())"),
    "EMOJI_TOKEN": ("pass\U0001f600SECRET", "ascii(value)"),
    "COMMAND_TOKEN": ("abc##[def]ghiSECRET", "value"),
    "ANNOTATION_TOKEN": ("::error::abcSECRET", "value"),
    "INVISIBLE_TOKEN": ("abc\u200bdefSECRET", "value"),
    "MARKUP_TOKEN": ("abc[red]defSECRET", "value"),
}


OUTPUTS = [["check", "--format", name] for name in ("table", "json", "github", "gitlab", "sarif")]


@pytest.mark.parametrize("line", [*OUTPUTS, ["status"], ["status", "--json"], ["explain", "victim-1"]], ids=" ".join)
def test_commands(world, line):
    """A secret that a provider raises is in no output of a command: no escape and no end of a line hides it."""
    told = [f"(lambda value: {written})(os.environ['{name}'])" for name, (_, written) in RAISED.items()]
    patches = f"import os\nfrom urllib.parse import quote\nraise RuntimeError('; '.join([{', '.join(told)}]))"
    world.provide("def f(): return 'old'\n", patches)
    variables = {"PYTHONPATH": str(world.folder), "COLUMNS": "60"} | {name: one for name, (one, _) in RAISED.items()}
    done = warm.run(["-m", "backportkit", *line], world.folder, variables)
    assert "RuntimeError" in done.stdout + done.stderr
    assert "SECRET" not in done.stdout + done.stderr


@pytest.mark.parametrize("one", ["/", " ", "?", "#"])
@pytest.mark.parametrize("name", ["UV_INDEX_URL", "PIP_INDEX_URL", "UV_DEFAULT_INDEX"])
def test_password_that_is_not_escaped(resolvable, name, one):
    """An address whose password is not escaped is an error that does not repeat it."""
    address = f"https://user:passSECRET{one}withSECRET@127.0.0.1:9/simple"
    resolvable.folder.joinpath("provider.py").write_text(PATCHES % ["x"])
    done = resolvable.run("history", "victim:f", **({"UV_DEFAULT_INDEX": ""} | {name: address}))
    assert done.returncode == 2
    assert "SECRET" not in done.stdout + done.stderr
    assert f"the address of an index in {name} cannot be read" in done.stderr


def test_token_in_the_path_of_an_index(resolvable):
    """What looks like a token in the path of an index is in no output."""
    done = resolvable.run("history", "victim:f", UV_DEFAULT_INDEX="http://127.0.0.1:9/0a1B2c3D4e5F6g7H8i/simple")
    assert done.returncode == 2
    assert "http://127.0.0.1:9/***/simple" in done.stdout + done.stderr
    assert "0a1B" not in done.stdout + done.stderr


@pytest.mark.parametrize("text", ["https://me:canary@host/simple\n", "[global]\nindex-url canary\n"])
def test_line_of_settings_that_is_wrong(resolvable, text):
    """A file of pip that cannot be read is an error that has the number of the line, and not the line."""
    resolvable.folder.joinpath("pip.conf").write_text(text)
    path = str(resolvable.folder / "pip.conf")
    done = resolvable.run("history", "victim:f", UV_DEFAULT_INDEX="", PIP_CONFIG_FILE=path)
    assert "cannot be read" in done.stderr
    assert "line" in done.stderr
    assert "canary" not in done.stdout + done.stderr


# --- which values are secrets ---


@pytest.fixture
def within(monkeypatch):
    """Redacts a text where one variable has that value."""

    def redact(name, value, text):
        monkeypatch.setenv(name, value)
        redacted._of_variables.cache_clear()
        found = redacted.redacted(text)
        monkeypatch.delenv(name)
        redacted._of_variables.cache_clear()
        return found

    return redact


@pytest.mark.parametrize(
    "name",
    [
        *("GITHUB_TOKEN", "token", "TOKENS", "AWS_SECRET_ACCESS_KEY", "APIKEY", "API_KEYS", "PGPASSWORD", "MYSQL_PWD"),
        *("DB_PASS", "MY_PASSWD", "PASSPHRASE_OF_MINE", "GOOGLE_APPLICATION_CREDENTIALS", "NPM_AUTH", "CLIENTSECRET"),
    ],
)
def test_name_of_a_secret(within, name):
    """A variable whose name says so has a secret."""
    assert within(name, "of-mine-9", "here: of-mine-9.") == "here: ***."


@pytest.mark.parametrize("name", ["PWD", "OLDPWD", "TOKENIZERS_PARALLELISM", "SSH_AUTH_SOCK", "KEYBOARD", "COMPASS_X"])
def test_name_of_no_secret(within, name):
    """A variable whose name only has such letters has none."""
    assert within(name, "of-mine-9", "here: of-mine-9.") == "here: of-mine-9."


@pytest.mark.parametrize(
    ("value", "text", "shown"),
    [
        ("http://me:s3cr3tpass@host/simple", "s3cr3tpass of me", "*** of me"),
        ("http://me:p%40ss%2Fword@host/", "p@ss/word p%40ss%2fword p%40ss/word", "*** *** ***"),
        ("https://ghp_token123@host/", "ghp_token123", "***"),
        ("https://ghp_token123:x-oauth-basic@host/", "ghp_token123 x-oauth-basic", "*** x-oauth-basic"),
        ("a=https://u:one-of-two@host/ b=https://v:two-of-two@host/", "one-of-two two-of-two", "*** ***"),
        ("http://host/me@mine-of-all", "mine-of-all", "mine-of-all"),
    ],
)
def test_address_with_a_password(within, value, text, shown):
    """What stands before the host of an address in any variable is a secret: the password, or a name that is alone."""
    assert within("SOME_VARIABLE", value, text) == shown


@pytest.mark.parametrize(
    ("value", "text", "shown"),
    [
        ("abc", "abc", "abc"),
        ("false", "false", "false"),
        ("test", "password test, /tests/test/test.py test-data", "password ***, /tests/test/test.py test-data"),
        ("longer-than-that", "xlonger-than-thatx", "x***x"),
    ],
)
def test_short_secrets(within, value, text, shown):
    """A short value is a secret only as a word of its own, and one that everybody has is none."""
    assert within("A_TOKEN", value, text) == shown


def test_secret_that_is_cut(monkeypatch):
    """A secret at which a long value is cut is taken out before."""
    monkeypatch.setenv("A_TOKEN", "0123456789SECRET")
    redacted._of_variables.cache_clear()
    found = shown("x" * 190 + "0123456789SECRET")
    redacted._of_variables.cache_clear()
    assert found == f"'{'x' * 190}***'... of 208 characters"


def test_password_out_of_a_file(tmp_path):
    """The password of an index that a file of settings names is a secret, too."""
    found = settings._index("https://me:out-of-a-file@host/simple", "uv.toml")
    assert (found.user, found.password) == ("me", "out-of-a-file")
    assert redacted.redacted("it is out-of-a-file") == "it is ***"
