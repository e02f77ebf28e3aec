"""Write a policy as lines, and read it back: a start parses no TOML, which Python 3.10 could not do by itself."""

from __future__ import annotations

from typing import TYPE_CHECKING

from backportkit import bootstrap
from backportkit.policy.record import Policy, Rule

if TYPE_CHECKING:
    from collections.abc import Iterator

_FIRST = "backportkit policy 1"
_BETWEEN = "\x1f"  # no text of a policy has it: they are printable


def write(policy: Policy, document: bytes) -> bytes:
    """Return a policy, of a document with this content, as lines."""
    text = "\n".join(_lines(policy))
    return f"{_FIRST} {bootstrap.checksum(document)} {bootstrap.checksum(text.encode())}\n{text}".encode()


def _lines(policy: Policy) -> Iterator[str]:
    yield from (policy.default, policy.variables, policy.on_failure, _BETWEEN.join(policy.require))
    for name, rule in policy.providers.items():
        modules = None if rule.modules is None else [f"{module}={digest}" for module, digest in rule.modules.items()]
        parts = ("-" if part is None else f"+{_BETWEEN.join(part)}" for part in (rule.ids, rule.targets, modules))
        yield "\t".join([name, "allow" if rule.allow else "deny", *parts])


def read(path: str, content: bytes, document: bytes) -> Policy | None:
    """Return the policy of a document, as lines have it; None if they are those of another one, or damaged."""
    checksum, text = _checked(content)
    if checksum != bootstrap.checksum(document):
        return None
    default, variables, on_failure, require, *rules = text.split("\n")
    providers = dict(map(_rule, rules))
    return Policy(path, default, variables, on_failure, _texts(require), providers)


def on_failure(content: bytes) -> str:
    """Return what lines say about failures, of whatever document they are; empty if they are damaged."""
    _, text = _checked(content)
    return "".join(text.split("\n")[2:3])


def _checked(content: bytes) -> tuple[str, str]:
    """Return the checksum of the document that lines are of, and what they say; two empty texts if damaged."""
    first, _, text = content.decode("utf-8", "replace").partition("\n")
    kind, _, own = first.rpartition(" ")
    kind, _, document = kind.rpartition(" ")
    return (document, text) if (kind, own) == (_FIRST, bootstrap.checksum(text.encode())) else ("", "")


def _rule(line: str) -> tuple[str, Rule]:
    name, allow, *parts = line.split("\t")
    ids, targets, modules = (_texts(part[1:]) if part[0] == "+" else None for part in parts)
    digests = None if modules is None else dict(_pair(one) for one in modules)
    return name, Rule(allow == "allow", ids, targets, digests)


def _texts(joined: str) -> tuple[str, ...]:
    return tuple(joined.split(_BETWEEN)) if joined else ()


def _pair(text: str) -> tuple[str, str]:
    name, _, digest = text.rpartition("=")  # the name of a data file may have the sign
    return name, digest
