"""Targets within real packages: uvicorn's logging configuration and click command, a serializer of ollama."""

from __future__ import annotations

import json

import pytest

pytestmark = pytest.mark.tools

PATCHES = """
from backportkit import Edit, Patch, register

def around(original):
    def main(app, **options):
        print("serving", app, "at", options["host"])
    return main

def patch(id, *edits):
    register(Patch(id=id, summary="s", requires="uvicorn<0.31", fixes=f"https://x.example/{id}", edits=edits))

patch(
    "access-log-without-time",
    Edit(
        target="uvicorn.config:LOGGING_CONFIG['formatters']['access']['fmt']",
        value="at %(asctime)s: %(levelprefix)s %(request_line)s",
    ),
    Edit(target="uvicorn.config:LOGGING_CONFIG['formatters']['access']['datefmt']", value="noon", how="add"),
    Edit(target="uvicorn.config:LOGGING_CONFIG['loggers']['uvicorn.access']['handlers'][0]", value="default"),
)
patch(
    "host-of-the-container",
    Edit(target="uvicorn.main:main.params[1].default", value="0.0.0.0"),
    Edit(target="uvicorn.main:main.callback", replacement=around, how="wrap", signature="change"),
)
"""
LOOK = """
import json, logging, sys
import backportkit
if sys.argv[1:] == ["early"]:
    backportkit.apply_all()
import uvicorn, uvicorn.config
original = json.dumps(uvicorn.config.LOGGING_CONFIG) if sys.argv[1:] == ["late"] else ""
command = sys.modules["uvicorn.main"].main
callback = command.callback if original else None
backportkit.apply_all()
uvicorn.Config("app:app")  # it has the dictionary as a default argument, and configures logging by it
print(logging.getLogger("uvicorn.access").handlers == logging.getLogger("uvicorn").handlers)
print(uvicorn.config.LOGGING_CONFIG["formatters"]["access"]["datefmt"])
command.main(["app:app"], standalone_mode=False)
print(*[f"{s.id} {s.state}" for s in backportkit.status() if s.provider == "theirs"])
backportkit.unpatch_all()
print(not original or (json.dumps(uvicorn.config.LOGGING_CONFIG) == original and command.callback is callback))
"""


@pytest.fixture(scope="module")
def served(make_tools):
    """An environment with a release of uvicorn, and a provider of patches of it."""
    tools = make_tools("uvicorn", "uvicorn==0.30.6", "click==8.1.7", "rich")
    tools.install("theirs", {"theirs.py": PATCHES}, "[backportkit.patches]\nuvicorn = theirs\n")
    (tools.site / "look.py").write_text(LOOK, "utf-8")
    return tools


@pytest.mark.parametrize("when", ["early", "late"])
def test_what_uvicorn_is_configured_by_is_patched_and_put_back(served, when):
    """Everybody has the one dictionary, and the one command, so that nothing of them may be replaced as a whole."""
    assert served.lines("python", served.site / "look.py", when, cwd=served.site) == [
        "True",
        "noon",
        "serving app:app at 0.0.0.0",
        "access-log-without-time applied host-of-the-container applied",
        "True",
    ]


def test_its_own_program_runs_patched(served):
    """Its help has the default of the option, and it calls what is around its callback."""
    assert served.lines("backportkit", "run", "uvicorn", "app:app", cwd=served.site) == ["serving app:app at 0.0.0.0"]
    for ways, address in ((["backportkit", "run"], "0.0.0.0"), ([], "127.0.0.1")):  # noqa: S104 -- a text
        told = " ".join(served.lines(*ways, "uvicorn", "--help", cwd=served.site))
        assert f"[default: {address}]" in " ".join(told.split())


def test_commands_know_them(served):
    """`status`, `explain`, `diff` and `check` speak of them before uvicorn is imported."""
    status = "\n".join(served.lines("backportkit", "status", cwd=served.site, COLUMNS="1000"))
    assert status.count("waiting") == 2
    shown = "\n".join(served.lines("backportkit", "diff", "access-log-without-time", cwd=served.site, COLUMNS="1000"))
    assert "+LOGGING_CONFIG['formatters']['access']['datefmt'] = 'noon'" in shown
    assert "-LOGGING_CONFIG['loggers']['uvicorn.access']['handlers'][0] = 'access'" in shown
    shown = "\n".join(served.lines("backportkit", "explain", "host-of-the-container", cwd=served.site, COLUMNS="1000"))
    assert "uvicorn.main:main.params[1].default" in shown
    done = served.start("backportkit", "check", "--json", cwd=served.site)
    found = {(one["code"], one["target"]) for one in json.loads(done.stdout)["findings"] if one["code"] > "BK200"}
    assert found == {
        ("BK206", "uvicorn.config:LOGGING_CONFIG['formatters']['access']['datefmt']"),  # others are given it
        ("BK206", "uvicorn.main:main.params[1].default"),
        ("BK206", "uvicorn.main:main.callback"),
    }


IMAGE = """
from backportkit import backport

@backport(
    "ollama._types:Image.serialize_model",
    requires="ollama>=0.4,<0.4.2",
    fixes="https://github.com/ollama/ollama-python/releases/tag/v0.4.2",
    how="in_place",
)
def serialize_model(self):
    \"\"\"An image that is given as a long text of base64 is taken for a path, and OSError is raised.\"\"\"
    if isinstance(self.value, (Path, bytes)):
        return b64encode(self.value.read_bytes() if isinstance(self.value, Path) else self.value).decode()
    try:
        if Path(self.value).exists():
            return b64encode(Path(self.value).read_bytes()).decode()
    except OSError:  # the text is too long for a path
        pass
    b64decode(self.value)
    return self.value
"""
SEND = """
import backportkit
from ollama._types import GenerateRequest, Image
def send():
    request = GenerateRequest(model="m", images=[Image(value="QUJD" * 1000)])
    try:
        return len(request.model_dump()["images"][0])
    except Exception as error:
        return type(error).__name__
print(send())
backportkit.apply_all()
print(send(), backportkit.status()[0].state)
backportkit.unpatch_all()
print(send())
"""


def test_serializer_of_a_model_in_a_model_is_patched_in_place(make_tools):
    """pydantic has taken the function when the class was made, for the model and for those that hold it."""
    tools = make_tools("ollama", "ollama==0.4.1")
    tools.install("theirs", {"theirs.py": IMAGE}, "[backportkit.patches]\nollama = theirs\n")
    error = "PydanticSerializationError"
    (tools.site / "send.py").write_text(SEND, "utf-8")
    assert tools.lines("python", tools.site / "send.py", cwd=tools.site) == [error, "4000 applied", error]
