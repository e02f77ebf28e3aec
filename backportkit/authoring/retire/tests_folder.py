"""Find where the tests of a project are, as pytest finds them, and how their files are named."""

from __future__ import annotations

import configparser
from fnmatch import fnmatchcase
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from backportkit.check import toml

if TYPE_CHECKING:
    from collections.abc import Iterator

# The files with settings of pytest, and their tables: https://docs.pytest.org/en/stable/reference/customize.html
_INI = {"pytest.ini": "pytest", ".pytest.ini": "pytest", "tox.ini": "pytest", "setup.cfg": "tool:pytest"}
_USUAL = ("tests", "test")
_PATTERNS = ("test_*.py", "*_test.py")


class Layout(NamedTuple):
    """The layout of the tests of a project.

    Attributes:
        folders: The folders of tests, the first of which gets new ones.
        patterns: The patterns that the names of their files fit.
    """

    folders: tuple[Path, ...]
    patterns: tuple[str, ...]

    def is_test(self, path: Path) -> bool:
        """Tell whether pytest takes a file for one of tests."""
        return any(fnmatchcase(path.name, pattern) for pattern in self.patterns)

    def named(self, name: str) -> str:
        """Return the name of a file of tests."""
        usual = (f"test_{name}.py", f"{name}_test.py", f"tests_{name}.py")
        fits = (one for one in usual if self.is_test(Path(one)))
        return next(fits, self.patterns[0].replace("*", name))


def of(root: Path) -> Layout:
    """Return the layout of the tests of a project."""
    found = next((one for one in _settings(root) if one), {})
    named = [folder for one in _words(found.get("testpaths")) for folder in sorted(root.glob(one)) if folder.is_dir()]
    there = [root / name for name in _USUAL if (root / name).is_dir()]
    packages = [one for code in ("src", ".") for name in _USUAL for one in sorted(root.glob(f"{code}/*/{name}"))]
    folders = named or there or [one for one in packages if (one / "__init__.py").is_file()] or [root / _USUAL[0]]
    return Layout(tuple(folders), tuple(_words(found.get("python_files"))) or _PATTERNS)


def _settings(root: Path) -> Iterator[dict[str, Any]]:
    """Yield the settings of pytest in each of the files that may have them."""
    for name, section in _INI.items():
        parser = configparser.ConfigParser(interpolation=None, strict=False)
        parser.read(root / name, "utf-8")
        yield dict(parser[section]) if parser.has_section(section) else {}
    if (root / "pyproject.toml").is_file():
        own = toml.table(toml.read(root / "pyproject.toml"), "tool", "pytest")
        yield toml.table(own, "ini_options") or own


def _words(value: object) -> list[str]:
    return value.split() if isinstance(value, str) else toml.texts(value)
