"""Take secrets out of a text: by their values, wherever they stand in it, also in encoded forms.

Secrets are the values of environment variables whose names say so, what addresses in variables have before the host
or, those of indexes, as a token in their path, and what `also` is told of, such as passwords out of files of settings.
"""

from __future__ import annotations

import os
import re
from contextlib import suppress
from functools import cache, lru_cache

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import TextIO

_MARK = "***"
_NAMES = re.compile(
    "SECRET|PASSW(OR)?D|PASSPHRASE|CREDENTIAL|(TOKEN|KEY)S?(_|$)|(^|_)PASS(_|$)|_(PWD|AUTH)$", re.IGNORECASE
)
_BEFORE_A_HOST = re.compile(r"://([^/\s?#]+)@")
# A password that its owner has not escaped ends at the last @ before the next address.
_UNESCAPED = re.compile(r"://([^/\s?#:@]+:(?:(?!://).)*[/\s?#](?:(?!://).)*)@")
_AUTHORIZATION = re.compile(
    r"""(\bauthorization["']?\s*[:=]\s*(?:b(?=["']))?["']?(?:(?:basic|bearer|digest|negotiate|token)\s+)?|\bbearer\s+)[^\s"',;]+""",
    re.IGNORECASE,
)
_OF_INDEXES = re.compile("INDEX|FIND_LINKS")
# A part of a path that people would not choose: it has letters and digits, and is long.
_TOKEN = re.compile(r"(?=[^/?#\s]*\d)(?=[^/?#\s]*[A-Za-z])[\w.~%-]{16,}")
_SHORTEST, _LONG = 4, 8  # characters; those in between are secrets only as a word of their own
_WORDS = frozenset({"true", "false", "none", "null", "x-oauth-basic"})
_BACKSLASH, _BACKSLASHES = "\\", r"\\+"
_told: set[str] = set()


def also(secret: str) -> None:
    """Count a value as a secret from now on."""
    if _is_secret(secret):
        _told.add(secret)


def redacted(text: str) -> str:
    """Return a text in which each secret is replaced."""
    secrets = _of_variables() | _told
    return _pattern(secrets).sub(_MARK, text) if secrets else text


def quoted(error: BaseException) -> str:
    """Return the type and the words of somebody's error, without what addresses in it have before the host.

    The values of `Authorization` headers are left out, too. Such errors quote requests, whose secrets may come from
    anywhere.
    """
    text = _BEFORE_A_HOST.sub(f"://{_MARK}@", f"{type(error).__name__}: {error}")
    return _AUTHORIZATION.sub(rf"\1{_MARK}", text)


class Stream:
    """A stream of text that writes no secrets. All else is that of the stream that it was made of."""

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream

    def write(self, text: str) -> int:
        """Write a text without its secrets."""
        return self._stream.write(redacted(text))

    def __getattr__(self, name: str) -> object:
        return getattr(self._stream, name)


def also_in_path(address: str) -> None:
    """Count what looks like a token in the path of an address as a secret from now on."""
    for one in _in_path(address):
        also(one)


@cache
def _of_variables() -> frozenset[str]:
    """Return the secrets among the variables of this process, as they are when it is first asked for."""
    named = (value for name, value in os.environ.items() if _NAMES.search(name))
    addresses = (value for name, value in os.environ.items() if _OF_INDEXES.search(name))
    parts = (part for value in named for part in _parts(value))
    found = (*parts, *(secret for value in os.environ.values() for secret in _in_addresses(value)))
    return frozenset(filter(_is_secret, (*found, *(one for value in addresses for one in _in_path(value)))))


def _parts(value: str) -> Iterator[str]:
    """Yield a value without the space around it, and each of its lines, which others print one by one."""
    yield value.strip()
    yield from (line for line in map(str.strip, value.splitlines()) if len(line) >= _LONG)


def _in_addresses(text: str) -> Iterator[str]:
    """Yield the password of each address in a text; without a password, its name, which is a token then."""
    for before in (*_BEFORE_A_HOST.findall(text), *_UNESCAPED.findall(text)):
        from urllib.parse import unquote  # most programs have no such variable

        name, _, password = before.partition(":")
        secret = unquote(name if password in {"", "x-oauth-basic"} else password)
        yield secret
        yield from (one for one in re.split(r"[/\s?#]", secret) if len(one) >= _LONG)  # others take it apart


def _in_path(text: str) -> Iterator[str]:
    for address in text.split():
        path = address.partition("://")[2].partition("/")[2]
        yield from (one for one in path.split("/") if _TOKEN.fullmatch(one))


def _is_secret(value: str) -> bool:
    return len(value) >= _SHORTEST and value.lower() not in _WORDS


@lru_cache(maxsize=8)
def _pattern(secrets: frozenset[str]) -> re.Pattern[str]:
    return re.compile("|".join(map(_in_any_form, sorted(secrets, key=len, reverse=True))))


def _in_any_form(secret: str) -> str:
    """Return a pattern for a secret of whose characters each may be encoded, for an address, for JSON or by Python."""
    forms = "".join(map(_any_form, secret))
    return forms if len(secret) >= _LONG else rf"(?<![\w./-]){forms}(?![\w./-])"


@cache
def _any_form(one: str) -> str:
    return f"(?:{'|'.join(dict.fromkeys(_forms(one)))})"


def _forms(one: str) -> Iterator[str]:
    yield re.escape(one)
    for encoded in _encodings(one):
        # What was encoded for an address may be encoded again, as %2540 for %40.
        yield f"(?i:{''.join(f'%(?:25)*{byte:02x}' for byte in encoded)})"
    if one == " ":
        yield r"\+"
    if not (one.isalnum() and one.isascii()):
        for escaped in _escapes(one):  # there are more backslashes where what is escaped was escaped again
            yield f"(?i:{_BACKSLASHES.join(map(re.escape, escaped.split(_BACKSLASH)))})"


def _escapes(one: str) -> Iterator[str]:
    """Yield the escapes of a character in a text of Python or JSON, and of its bytes."""
    import json  # most programs have no secrets

    each = [repr(one)[1:-1], ascii(one)[1:-1], json.dumps(one)[1:-1], f"\\{one}"]
    each += [f"\\x{ord(one):02x}", f"\\u{ord(one):04x}"]  # of a character that needs none, as our own in `seen`
    each += [repr(encoded)[2:-1] for encoded in _encodings(one)]
    yield from (escaped for escaped in each if "\\" in escaped)


def _encodings(one: str) -> Iterator[bytes]:
    """Yield the bytes of a character: a byte of a variable that is no UTF-8 is a surrogate in its text."""
    yield one.encode("utf-8", "surrogatepass")
    with suppress(UnicodeEncodeError):
        yield one.encode("utf-8", "surrogateescape")
