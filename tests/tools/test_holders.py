"""Frameworks that hold functions themselves: with `how="in_place"` they run the new body."""

from __future__ import annotations

import pytest

pytestmark = pytest.mark.tools

VICTIM = """
from fastapi import Depends, FastAPI

def user(name: str = "nobody") -> str:
    return f"old {name}"

app = FastAPI()

@app.get("/")
def page(who: str = Depends(user)) -> str:
    return who
"""

REPLACED = """
from backportkit import backport

@backport("held:user", requires="held<2", id="held-user", how="in_place")
def user(name: str = "somebody") -> str:
    "What breaks."
    return f"new {name}"

@backport("held:page", requires="held<2", id="held-page", how="in_place")
def page(who=None):
    "What breaks."
    return f"page of {who}"
"""

PROGRAM = """
import backportkit, held
from fastapi.testclient import TestClient
client = TestClient(held.app)
def use(): return [client.get(path).json() for path in ("/", "/?name=you")]
before = use()
backportkit.apply_all()
print(before, use(), [str(one.state) for one in backportkit.status() if one.id.startswith("held")])
backportkit.unpatch_all()
print(use() == before)
"""


def test_dependencies_and_routes_of_fastapi(make_tools, tmp_path):
    """Functions in `Depends` and in routes run the new body; FastAPI gives them the defaults that it read before."""
    tools = make_tools("holders", "fastapi", "httpx")
    tools.install("held", {"held.py": VICTIM})
    tools.install("theirs", {"theirs.py": REPLACED}, "[backportkit.patches]\nheld = theirs\n")
    (tmp_path / "program.py").write_text(PROGRAM, "utf-8")
    assert tools.lines("python", "program.py", cwd=tmp_path) == [
        "['old nobody', 'old you'] ['page of new nobody', 'page of new you'] ['applied', 'applied']",
        "True",
    ]
