"""The texts that are scanned, and how they are parsed."""

from __future__ import annotations

import ast
import warnings
from importlib.util import decode_source
from typing import NamedTuple

from backportkit.scan.file import File

_FOLDERS_OF_TESTS = frozenset({"test", "tests", "testing_utils"})


class Text(NamedTuple):
    """A file of source.

    Attributes:
        path: The path that is shown.
        module: The name that an import of it uses.
        content: The bytes.
        within: The path within the project or the distribution.
    """

    path: str
    module: str
    content: bytes
    within: str

    @property
    def is_of_tests(self) -> bool:
        """True for a file of a test suite."""
        *folders, name = self.within.split("/")
        is_named = name.startswith("test_") or name.endswith("_test.py") or name == "conftest.py"
        return is_named or not _FOLDERS_OF_TESTS.isdisjoint(folders)


class Unread(NamedTuple):
    """A file that cannot be read, and the reason."""

    path: str
    reason: str


def parse(text: Text) -> File | Unread:
    """Parse a text; return the reason instead where it cannot be read."""
    try:
        source = _decoded(text.content)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # warnings about foreign source help nobody here
            return File(text, ast.parse(source), source)
    except (SyntaxError, ValueError, RecursionError, MemoryError) as error:
        return Unread(text.path, str(error) or type(error).__name__)


def _decoded(content: bytes) -> str:
    try:
        return decode_source(content)
    except UnicodeDecodeError:  # as Python 2 read it; what is in comments and texts does not matter here
        return content.decode("latin-1").replace("\r\n", "\n").replace("\r", "\n")
