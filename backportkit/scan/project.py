"""The files of one project or distribution, each parsed once, when it is asked for."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING

from backportkit.scan.texts import Unread, parse

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

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

    def having(self, words: tuple[str, ...], is_worth: Callable[[bytes], bool]) -> Iterator[File]:
        """Yield the files whose text has these words, and is worth parsing."""
        sought = [word.encode() for word in words]
        for text in self.texts:
            if not all(one in text.content for one in sought) or not is_worth(text.content):
                continue
            if (file := self.parsed(text)) is not None and file.words.issuperset(words):
                yield file
