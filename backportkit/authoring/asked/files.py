"""Tell which files of a release or of a change upstream are no code that a patch can be for."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from backportkit import regular_file
from backportkit.errors import BackportError

if TYPE_CHECKING:
    from pathlib import Path

_TESTS = frozenset({"tests", "testing_tests", "testsuite", "conftest.py"})
_TEST = re.compile(r"tests\.py|test_.*\.py|.*_tests?\.py")  # a test.py may be for users, as that of Werkzeug is
_BESIDE = {
    **dict.fromkeys(("doc", "docs", "example", "examples", "tutorial", "samples"), "documentation"),
    **dict.fromkeys(("benchmark", "benchmarks", "ci", "scripts", "tools", ".github"), "not installed"),
}
_BUILD = frozenset({"setup.py", "noxfile.py", "tasks.py", "conf.py"})
_LARGEST = 20 * 10**6  # bytes of a diff or a document; what a human wrote has less


class UnusableError(BackportError, ValueError):
    """A diff, an advisory or a pair of releases is not one that a patch can be made of."""


def why_left_out(path: str) -> str | None:
    """Return the reason why no patch can be for a file; None if one can."""
    *folders, name = path.split("/")
    if not name.endswith(".py"):
        return "no Python"
    if is_of_tests(path) or _TEST.fullmatch(name):
        return "a test"
    if not folders and name in _BUILD:
        return "not installed"
    outermost = folders[0] if folders else ""
    if outermost.endswith(".data") and folders[1:2] == ["scripts"]:
        return "a script"
    if outermost in _BESIDE:
        return _BESIDE[outermost]
    return None if name.removesuffix(".py").isidentifier() else "no module"


def is_of_tests(path: str) -> bool:
    """Tell whether a file is in a folder of tests. A folder `test` in a package is what its users test with."""
    outermost, *others = path.split("/")
    return outermost == "test" or bool(_TESTS & {outermost, *others})


def read(path: Path, what: str) -> str:
    """Return the text of a file that the user names. Raises UnusableError if it is none."""
    try:
        content = regular_file.read(path)
    except OSError as error:
        raise UnusableError(
            f"{what} cannot be read", found=str(error), next_step="name a file that is there"
        ) from error
    return decoded(content, what)


def decoded(content: bytes, what: str) -> str:
    """Return what a user gives as text, with the ends of lines as Python has them."""
    if len(content) > _LARGEST:
        raise UnusableError(
            f"{what} is too large",
            found=f"more than {_LARGEST // 10**6} MB",
            next_step="give the change of the few files that matter",
        )
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise UnusableError(f"{what} is no text in UTF-8", found=str(error), next_step="save it as UTF-8") from error
    return text.replace("\r\n", "\n")
