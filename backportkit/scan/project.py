"""The files of one project or distribution, each parsed once, when it is asked for."""

from __future__ import annotations

import ast
from functools import cached_property
from typing import TYPE_CHECKING

from backportkit.scan import worth
from backportkit.scan.texts import Unread, parse
from backportkit.source.reader import absolute

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from backportkit.scan.file import File
    from backportkit.scan.texts import Text


class Project:
    """The files that are scanned together. What they define is their own."""

    def __init__(self, texts: Iterable[Text]) -> None:
        self.texts = list(texts)
        self._by_module = _bundled(self.texts) | {text.module: text for text in reversed(self.texts)}
        self._parsed: dict[str, File | Unread] = {}

    @cached_property
    def _tops(self) -> frozenset[str]:
        return frozenset(module.partition(".")[0] for module in self._by_module)

    def is_own(self, module: str) -> bool:
        """Tell whether a module is the project's."""
        return module.partition(".")[0] in self._tops

    def parsed(self, text: Text) -> File | None:
        """Return a file; None if it cannot be read."""
        if text.path not in self._parsed:
            self._parsed[text.path] = parse(text)
        found = self._parsed[text.path]
        return None if isinstance(found, Unread) else found

    def file(self, module: str) -> File | None:
        """Return the file of a module; None if there is none that can be read."""
        text = self._by_module.get(module)
        return None if text is None else self.parsed(text)

    def imported(self, file: File) -> list[File]:
        """Return the modules of the project that a file imports, or something of them."""
        named: list[str] = []
        for node in file.imports:
            if isinstance(node, ast.Import):
                named += [one.name for one in node.names]
            else:
                module = absolute(file.package, node)
                named += [module, *(f"{module}.{one.name}" for one in node.names)]
        found = {one: None for name in named if (one := self.file(name)) is not None and one is not file}
        return [*found]

    @property
    def unread(self) -> list[Unread]:
        """The files that could not be read."""
        return [one for one in self._parsed.values() if isinstance(one, Unread)]

    def importing(self, *words: str) -> list[Text]:
        """Return the texts with one of these words in an import."""
        found = {text.path: text for word in words for text in self._by_import.get(word.encode(), ())}
        return list(found.values())

    def quoting(self, module: str) -> list[Text]:
        """Return the texts that have the name of a module of the project as a text."""
        return self._by_quoted.get(module.encode(), [])

    @cached_property
    def _by_quoted(self) -> dict[bytes, list[Text]]:
        """The texts by the modules of the project that texts in them name."""
        return self._indexed(worth.quoted)

    def subclassing(self, name: str) -> list[Text]:
        """Return the texts with a class that has a base of some name."""
        return self._by_base.get(name.encode(), [])

    @cached_property
    def _by_base(self) -> dict[bytes, list[Text]]:
        """The texts by the words in the bases of their classes."""
        return self._indexed(worth.words_of_bases)

    @cached_property
    def _by_import(self) -> dict[bytes, list[Text]]:
        """The texts by the words in their imports."""
        return self._indexed(worth.words_of_imports)

    def _indexed(self, words: Callable[[bytes], Iterable[bytes]]) -> dict[bytes, list[Text]]:
        found: dict[bytes, list[Text]] = {}
        for text in self.texts:
            for word in words(text.content):
                found.setdefault(word, []).append(text)
        return found


def _bundled(texts: list[Text]) -> dict[str, Text]:
    """Return the texts of trees that a package brings along, by the names that they have when their folder is a path.

    Such a folder is no package, and stands in one; a folder above all packages is that of a namespace.
    """
    packages = {text.within.rpartition("/")[0] for text in texts if text.within.endswith("__init__.py")}
    found = {}
    for text in texts:
        folders = text.within.split("/")[:-1]
        paths = ["/".join(folders[: index + 1]) for index in range(len(folders))]
        outside = [index for index, path in enumerate(paths) if path not in packages]
        if outside and any(path in packages for path in paths[: outside[-1]]):
            found[".".join(text.module.split(".")[outside[-1] + 1 :])] = text
    found.pop("", None)
    return found
