"""What is said of a patch by hand: by the project's requirements, by declared patches, and by upstream's releases."""

from __future__ import annotations

import json

import pytest
import warm

pytestmark = pytest.mark.warm

PYPROJECT = '[project]\nname = "proj"\nrequires-python = ">=3.11"\ndependencies = ["victim{}"]\n'
PATCH = "import victim\n\n\ndef f():\n    return 2\n\n\n{}victim.f = f\n"


def verdict(scan, patch, dependencies="==2.0", **files):
    """Return the finding of one patch in a project that requires a release of victim."""
    (found,) = scan({"pyproject.toml": PYPROJECT.format(dependencies), "proj.py": patch, **files})["findings"]
    return found


def guarded(condition):
    return PATCH.format(f"if {condition}:\n    ")


def test_dead_by_its_guard(scan):
    """A guard that never holds with what the project requires makes a patch dead, and says both."""
    found = verdict(scan, guarded('victim.__version__ < "1.5"'))

    assert (found["verdict"], found["specifier"], found["owner"]) == ("dead", "<1.5", "victim")
    assert "its guard holds for victim <1.5 alone; the project supports victim==2.0 (pyproject.toml)" in found["reason"]


def test_dead_by_the_python(scan):
    """A guard for Pythons that the project has left behind makes a patch dead."""
    found = verdict(scan, "import sys\n" + guarded("sys.version_info < (3, 10)"))

    assert (found["verdict"], found["of"], found["specifier"]) == ("dead", "python", "<3.10")


def test_needed(scan):
    """A guard that holds for what the project requires leaves a patch needed."""
    assert verdict(scan, guarded('victim.__version__ < "3"'))["verdict"] == "needed"


def test_without_any_range(scan):
    """A patch without a condition on a version is told to have none."""
    found = verdict(scan, PATCH.format(""))

    assert (found["verdict"], found["specifier"]) == ("applied without any range", "")
    assert found["next"] == "backportkit scan --adopt proj.py:8 declares it, so that it can end"


def test_too_early(scan):
    """An import that the file needs for its patch alone is told."""
    assert "import made too early" in verdict(scan, PATCH.format(""))["also"]


def test_lost_by_a_probe(scan):
    """A finder that takes itself out when it is asked is told to be lost by a probe."""
    text = (
        "import sys\n\n\nclass Once:\n    def find_spec(self, name, path, target=None):\n"
        "        sys.meta_path.remove(self)\n\n\nsys.meta_path.insert(0, Once())\n"
    )
    assert verdict(scan, text)["verdict"] == "lost by a probe"


ENTERED = """
import contextlib
import socket


def f(*args): ...


class Context:
    def __enter__(self):
        self.original = socket.getfqdn
        socket.getfqdn = f

    def __exit__(self, *_):
        {}


@contextlib.contextmanager
def context():
    original = socket.getfqdn
    socket.getfqdn = f
    yield
    {}
"""


@pytest.mark.parametrize(
    ("exits", "verdicts"),
    [
        (("pass", ""), {"never undone"}),
        (("socket.getfqdn = self.original", "socket.getfqdn = original"), {"applied without any range", "needed"}),
        (("undo()", "undo()"), {"applied without any range"}),
    ],
    ids=["nothing", "taken out", "a call"],
)
def test_never_undone(scan, exits, verdicts):
    """A context that puts a patch in, and does nothing at its end, is told."""
    found = scan({"proj.py": ENTERED.format(*exits)})["findings"]

    assert {one["verdict"] for one in found} <= verdicts
    assert len(found) == 2


def test_spared_by_what_a_comment_names(scan):
    """A patch whose comment names what a declared patch mends is needed no more since upstream has mended that."""
    files = {
        "pyproject.toml": '[project]\nname = "proj"\ndependencies = ["torch==2.14.0"]\n',
        "proj.py": "import torch\n\n# spares {}\ntorch._inductor.lowering.FALLBACK_ALLOW_LIST = object()\n",
    }
    (found,) = scan({**files, "proj.py": files["proj.py"].format("error.operator_str(args)")})["findings"]
    assert found["verdict"] == "dead"
    assert "since torch 2.13, says vllm-42129" in found["reason"]

    (found,) = scan({**files, "proj.py": files["proj.py"].format("nothing")})["findings"]
    assert found["verdict"] != "dead"


def test_lock_counts(scan):
    """A lock file tells what the project supports where its requirement has no lower bound."""
    lock = 'version = 1\n[[package]]\nname = "victim"\nversion = "2.0"\n'

    assert verdict(scan, guarded('victim.__version__ < "2"'), "", **{"uv.lock": lock})["verdict"] == "dead"


def test_ignored(scan):
    """A comment leaves out a patch, or some of its verdicts: the others are told."""
    text = PATCH.format("").rstrip()
    told = {
        codes: scan({"proj.py": f"{text}  # backportkit: ignore{codes}\n"})["findings"]
        for codes in ("[BK605]", "[BK606]", "[BK605, BK606]", "")
    }
    assert [[one["verdict"], one["also"]] for one in told["[BK605]"]] == [["import made too early", []]]
    assert [[one["verdict"], one["also"]] for one in told["[BK606]"]] == [["applied without any range", []]]
    assert told["[BK605, BK606]"] == told[""] == []


def test_codes_that_are_asked_for(scan):
    """A patch is told by a verdict that is asked for, where it has another one, too."""
    (found,) = scan({"proj.py": PATCH.format("")}, ".", "--ignore", "BK605")["findings"]

    assert (found["code"], found["also"]) == ("BK606", [])


@pytest.mark.parametrize("value", ['"# backportkit: ignore"', '"""\n# backportkit: ignore\n"""'])
def test_no_comment(scan, value):
    """A text is no comment, whatever it says."""
    assert scan({"proj.py": PATCH.format("").replace("= f", f"= lambda: {value}")})["findings"]


@pytest.mark.parametrize(
    "more", [["--json"], ["--format", "sarif"], ["--write-baseline", "b.json"], ["--adopt", "proj.py:9"]]
)
def test_adopts_alone(tmp_path, more):
    """A file that a scan writes is not asked for together with --adopt, which takes one place."""
    (tmp_path / "proj.py").write_text(PATCH.format(""))
    done = warm.run(["-m", "backportkit", "scan", "--offline", "--adopt", "proj.py:8", *more], tmp_path)

    assert (done.returncode, done.stdout) == (2, "")
    assert "Invalid value for --adopt" in done.stderr


@pytest.mark.parametrize(
    ("body", "verdict"),
    [
        ("def g(): ...", "gone"),
        ("def f():\n    return 2", "dead"),
        ("def f():\n    return 3", "drifted"),
        ("def f():\n    return 1", "applied without any range"),
    ],
)
def test_upstream(index, body, verdict):
    """Upstream's newest release tells that a target is gone, fixed, another one or the same as before."""
    index.release("1.0", "def f():\n    return 1\n")
    index.release("2.0", f"{body}\n")
    (index.folder / "pyproject.toml").write_text(PYPROJECT.format(">=1"))
    (index.folder / "proj.py").write_text(PATCH.format(""))

    (found,) = json.loads(index.run("scan", "proj.py", "--json").stdout)["findings"]
    assert found["verdict"] == verdict


UNTYPED = "def f(x, y=1):\n    return x\n"


@pytest.mark.parametrize(
    ("body", "of_replaced", "of_wrapped"),
    [
        ("def f(x: int, y: int = 1) -> int:\n    return x\n", False, False),
        ("def f(x, y=1):\n    return y\n", True, False),
        ("def f(x, *, y=1):\n    return x\n", True, True),
    ],
    ids=["annotations", "body", "parameters"],
)
def test_drifted(index, body, of_replaced, of_wrapped):
    """A body has drifted by more than annotations; what is wrapped has by its parameters alone."""
    index.release("1.0", UNTYPED)
    index.release("2.0", body)
    (index.folder / "pyproject.toml").write_text(PYPROJECT.format(">=1"))
    wrap = "import victim\n\nf = victim.f\nvictim.f = lambda *args: f(*args)\n"
    (index.folder / "wrap.py").write_text(wrap)
    (index.folder / "replace.py").write_text(PATCH.format(""))

    found = json.loads(index.run("scan", ".", "--json").stdout)["findings"]
    verdicts = {one["how"]: (one["verdict"], one["reason"]) for one in found}
    assert (verdicts["replace"][0] == "drifted") == of_replaced
    assert (verdicts["wrap"][0] == "drifted") == of_wrapped
    assert ("the list of parameters in victim 2.0 is another one than in 1.0" in verdicts["wrap"][1]) == of_wrapped


@pytest.mark.parametrize(
    ("body", "told"),
    [
        ("class C: ...", ("add", "applied without any range")),
        ("# -*- coding: unknown -*-", ("add", "applied without any range")),
        ("class C:\n    def f(self): ...", ("replace", "gone")),
    ],
    ids=["no release", "an older one that cannot be read", "an older one"],
)
@pytest.mark.parametrize("value", ["f", "classmethod(f)", "property(f)"])
def test_added(index, body, told, value):
    """A target that no release of upstream's had is added, and one that an older release had is gone."""
    index.release("1.0", f"{body}\n")
    index.release("2.0", "class C: ...\n")
    (index.folder / "pyproject.toml").write_text(PYPROJECT.format("==2.0"))
    (index.folder / "proj.py").write_text(f"import victim\n\n\ndef f(*_): ...\n\n\nvictim.C.f = {value}\n")

    (found,) = json.loads(index.run("scan", "proj.py", "--json").stdout)["findings"]
    assert (found["how"], found["verdict"]) == told


CALLING = "def f(x):\n    return helper(x, LIMIT)\n"
UPSTREAM = "import re\n\nLIMIT = 7\n\n\ndef helper(x, y):\n    return re.sub(x, y)\n\n\n" + CALLING


@pytest.mark.parametrize(
    ("head", "is_dead"),
    {
        "imported from the target's module": ("from victim import LIMIT, helper\n", True),
        "the same here": (UPSTREAM.removesuffix(CALLING), True),
        "another constant": ("from victim import helper\nLIMIT = 8\n", False),
        "another helper": ("from victim import LIMIT\n\n\ndef helper(x, y):\n    return 1\n", False),
        "a helper with another import": (UPSTREAM.removesuffix(CALLING).replace("re\n", "regex as re\n", 1), False),
        "a helper of another module": ("from victim import LIMIT\nfrom other import helper\n", False),
        "nobody knows": ("from victim import LIMIT\nhelper = make()\n", False),
    }.values(),
)
def test_same_body(index, head, is_dead):
    """Upstream's very body makes a patch dead where its global names are upstream's, too."""
    index.release("1.0", UPSTREAM)
    (index.folder / "pyproject.toml").write_text(PYPROJECT.format(">=1"))
    (index.folder / "proj.py").write_text(f"import victim\n{head}\n\n{CALLING}\n\nvictim.f = f\n")

    found = json.loads(index.run("scan", "proj.py", "--json").stdout)["findings"]
    assert [one["verdict"] == "dead" for one in found if one["target"] == "victim:f"] == [is_dead]


FORMS = {"github": "::warning file=proj.py,line=8,title=BK605", "gitlab": "[", "sarif": "{"}


@pytest.mark.parametrize(("form", "start"), FORMS.items())
def test_formats(tmp_path, form, start):
    """Findings are written as annotations, as a report of Code Quality, and as SARIF."""
    (tmp_path / "proj.py").write_text(PATCH.format(""))
    done = warm.run(["-m", "backportkit", "scan", "--offline", "--format", form], tmp_path, {"BACKPORTKIT_CACHE": "c"})

    assert done.stdout.startswith(start)


@pytest.mark.parametrize("name", ["__class__", "__bases__", "__getattribute__"])
def test_what_every_object_has(index, name):
    """A name that every class has is not gone, though no source has it."""
    index.release("1.0", "class C: ...\n")
    (index.folder / "pyproject.toml").write_text(PYPROJECT.format(">=1"))
    (index.folder / "proj.py").write_text(f"import victim\n\n\ndef f(*_): ...\n\n\nvictim.C.{name} = f\n")

    (found,) = json.loads(index.run("scan", "proj.py", "--json").stdout)["findings"]
    assert (found["how"], found["verdict"]) == ("replace", "applied without any range")


DECLARED = """
from backportkit import any_of, backport


@backport("victim:f", id="victim-f", summary="S", requires=any_of("victim>=1.0,<1.5", "victim>=2.0,<2.2"))
def f(): ...
"""


@pytest.mark.parametrize(("dependency", "is_dead"), [(">=2.0", False), (">=2.2", True)])
def test_declared_with_alternatives(scan, dependency, is_dead):
    """A declared patch with alternatives says that upstream has the fix past all of them, and since when that is."""
    table = '[tool.backportkit]\nmodules = ["declared"]\n'
    files = {"pyproject.toml": PYPROJECT.format(dependency) + table, "declared.py": DECLARED}
    found = next(one for one in scan(files | {"proj.py": PATCH.format("")})["findings"] if one["file"] == "proj.py")

    assert (found["verdict"] == "dead") == is_dead
    assert not is_dead or found["reason"].startswith(
        "upstream has the fix since victim 2.2, says victim-f; the project"
    )


REPRODUCER = "import socket\n\n\ndef f(): ...\n\n\ndef reproduce():\n    socket.getfqdn = f\n"


@pytest.mark.parametrize("named", ['reproducer="proj.a_reproducer:reproduce"', "run='proj.a_reproducer:reproduce'"])
def test_reproducers(scan, named):
    """A module that proves a declared patch is left out, as test suites are, unless --tests is given."""
    files = {
        "proj/__init__.py": "",
        "proj/a.py": f"import backportkit\n\n{named}\n",
        "proj/a_reproducer.py": REPRODUCER,
    }

    assert scan(files)["findings"] == []
    assert scan({}, ".", "--tests")["findings"]
    assert scan(files | {"proj/a.py": ""})["findings"]
