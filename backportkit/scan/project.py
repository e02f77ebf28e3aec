"""The files of one project or distribution, each parsed once, when it is asked for."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING

from backportkit.scan import worth
from backportkit.scan.texts import Unread, parse

if TYPE_CHECKING:
    from collections.abc import Iterable

    from backportkit.scan.file import File
    from backportkit.scan.texts import Text


class Project:
    """The files that are scanned together. What they define is their own."""

    def __init__(self, texts: Iterable[Text]) -> None:
        self.texts = list(texts)
        self._by_module = {text.module: text for text in reversed(self.texts)}
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

    @property
    def unread(self) -> list[Unread]:
        """The files that could not be read."""
        return [one for one in self._parsed.values() if isinstance(one, Unread)]

    def importing(self, *words: str) -> list[Text]:
        """Return the texts with one of these words in an import."""
        found = {text.path: text for word in words for text in self._by_import.get(word.encode(), ())}
        return list(found.values())

    @cached_property
    def _by_import(self) -> dict[bytes, list[Text]]:
        """The texts by the words in their imports."""
        found: dict[bytes, list[Text]] = {}
        for text in self.texts:
            for word in worth.words_of_imports(text.content):
                found.setdefault(word, []).append(text)
        return found
