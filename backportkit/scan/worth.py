"""Tell which texts are worth parsing: most files of a project cannot have a patch, and the words in them say so.

Plain searches for bytes come first, since they are a hundred times as fast as regular expressions.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

    from backportkit.scan.texts import Text

# Words of the forms that are no assignment; what is to follow is looked at where one of them is there.
_WORDS = (
    *(
        b"attr(",
        b"attr__(",
        b"item__(",
        b"meta_path",
        b"path_hooks",
        b"__code__",
        b"__bases__",
        b"__builtins__",
        b"defaults__",
    ),
    *(b"wrapt", b"gorilla", b"mock", b"fastcore", b"forbiddenfruit", b"aspectlib", b"builtins.", b"modules", b"exec("),
    *(b"__dict__", b"vars("),
)
_FORMS = re.compile(
    rb"\b(?:set|del)attr\((?!\s*self\b)|\b__(?:setattr|delattr|setitem|delitem)__\((?!\s*self\b)|\bmeta_path\b"
    rb"|\bpath_hooks\b|\b__(?:code|bases|builtins|defaults|kwdefaults)__\b|\bwrapt\b|\bgorilla\b|\bmock\b|\bfastcore\b"
    rb"|\bforbiddenfruit\b|\baspectlib\b|\bbuiltins\.\w+[ \t]*=|\bmodules(?:\[|\.update|\.setdefault)|\bexec\("
    rb"|\b(?:__dict__|vars\([^)]*\))[ \t]*(?:\[|\.update|\.pop|\.setdefault|$)",
    re.MULTILINE,
)
_FILES = (b"__file__", b"getsourcefile", b"getfile", b"find_spec")
_WRITING = re.compile(rb"write_text|write_bytes|open\([^\n]*[\"'](?:w|a|r\+)")
_IMPORTS = re.compile(
    rb"^[ \t]*(?:from[ \t]+([\w.]+)[ \t]+)?import[ \t]+(\([^)]*\)|[^\n(]*(?:\\\n[^\n]*)*)", re.MULTILINE
)
_NAMES = re.compile(rb"[A-Za-z_]\w*")
_MORE = rb"(?:[ \t]*\.[ \t]*\w+|\[[^\]]*\]|\([^()]*\))"  # what leads from a name to a part of it
_PLACE = rb"(?:[A-Za-z_]\w*|\([A-Za-z_]\w*\))" + _MORE + rb"*"
_TARGET = re.compile(rb"[(\[]?" + _PLACE + rb"(?:[ \t]*,[ \t]*" + _PLACE + rb")*[)\]]?,?[ \t]*(?:[-+|&*/]|//)?")
_PARTS = re.compile(rb"([A-Za-z_]\w*)\)?" + _MORE + rb"+")
_LAST = re.compile(rb"(\.[ \t]*\w+|\])[ \t]*[-+|&*/]?$")
_LOOP = re.compile(rb"\bfor[ \t]+([A-Za-z_][\w. \t,()\[\]]*\.[ \t]*\w+)[ \t]+in\b")
_CONTINUED = re.compile(rb"\\\n[ \t]*")
_VALUE = re.compile(rb"[ \t(]*(\w*)(\(?)")
_DEFINED = re.compile(rb"\bdef[ \t]+(\w+)")
_CLASSES = re.compile(rb"\bclass[ \t]+(\w+)")
_AS, _STAR = b" as ", b"import *"
_IMPORTED_BY_CALLS = re.compile(rb"(\w+)[ \t]*=[ \t]*(?:importlib\.)?(?:__import__|import_module)\(")
_BASES = re.compile(rb"^[ \t]*class[ \t]+\w+[ \t]*\(([^)]+)\)", re.MULTILINE)
_QUOTED = re.compile(rb"[\"']((?:[A-Za-z_]\w*\.)+\w+)[\"']")
# Parameters that are functions: those of decorators and helpers.
_GIVEN = frozenset({b"fn", b"func", b"function", b"meth", b"method", b"replacement", b"wrapped", b"wrapper"})
_NOT_OF_OTHERS = (b"self.", b"os.environ")


def is_worth(text: Text) -> bool:
    """Tell whether a text may have a patch."""
    content = text.content
    if any(word in content for word in _WORDS) and _FORMS.search(content):
        return True
    if any(word in content for word in _FILES) and _WRITING.search(content):
        return True
    lines = list(_assignments(content))
    return bool(lines) and (_is_of_imported(lines, content) or _is_definition(lines, content))


def _assignments(content: bytes) -> Iterator[tuple[bytes, bytes]]:
    """Yield both sides of the lines that assign to a part of something, and what lines delete or loop over."""
    if b"\\\n" in content:
        content = _CONTINUED.sub(b"", content)
    for target in _LOOP.findall(content):
        yield target, b""
    for line in content.split(b"\n"):
        target, sign, value = line.partition(b"=")
        target = target.partition(b":")[0]  # an annotation follows
        if not sign or value[:1] == b"=":
            if b"del " in target and target.lstrip().startswith(b"del "):
                yield target.strip().removeprefix(b"del "), b""
        elif (b"." in target or b"[" in target) and (b"(" not in target or b")." in target or b")[" in target):
            stripped = target.strip()
            is_argument = b"," in target and target[-1:] not in b" \t)"
            if not is_argument and not stripped.startswith(_NOT_OF_OTHERS) and _TARGET.fullmatch(stripped):
                yield stripped, value
        elif b"." in value and b"=" in value:  # a chain
            inner, _, value = value.partition(b"=")
            if value[:1] != b"=" and _TARGET.fullmatch(inner.strip()):
                yield inner.strip(), value


def _is_of_imported(lines: list[tuple[bytes, bytes]], content: bytes) -> bool:
    """Tell whether one of the lines is about something that the file imports, or by a call."""
    names = _imported(content) | frozenset(_IMPORTED_BY_CALLS.findall(content))
    return _STAR in content or any(root in names for target, _ in lines for root in _PARTS.findall(target))


def _is_definition(lines: list[tuple[bytes, bytes]], content: bytes) -> bool:
    """Tell whether an attribute of something unknown becomes a function or class of the file, or what one makes."""
    found = [
        (target, _VALUE.match(value)) for target, value in lines if (last := _LAST.search(target)) and last[1] != b"]"
    ]
    if not found:
        return False
    functions = frozenset(_DEFINED.findall(content)) | {b"lambda"} | _GIVEN
    classes = frozenset(_CLASSES.findall(content))
    values = [(one[1], one[2]) for _, one in found if one is not None]
    return any(value in functions or (value in classes and not call) for value, call in values)


def gives(content: bytes, function: str) -> bool:
    """Tell whether a text may give something of others to a function: a text, a table, or what it imports."""
    names: frozenset[bytes] | None = None
    if function.encode() not in content:
        return False
    for found in re.finditer(rb"\b%s\b(\([^\n]*(?:\n[^\n]*){0,3})?" % re.escape(function.encode()), content):
        given = found[1]
        if given is None:
            line = content[content.rfind(b"\n", 0, found.start()) + 1 : found.start()]
            is_renamed = content[found.end() : found.end() + len(_AS)] == _AS
            if b"import" not in line or is_renamed:  # not as what is called by this name, perhaps
                return True
            continue
        arguments = given.split(b")", 1)[0]
        if b'"' in arguments or b"'" in arguments:
            return True
        names = names or _imported(content)
        given_names = _NAMES.findall(arguments)
        if not names.isdisjoint(given_names) or any(_is_assigned(one, content) for one in given_names):
            return True
    return False


def _is_assigned(name: bytes, content: bytes) -> bool:
    return re.search(rb"^[ \t]*%s[ \t]*(?::[^=\n]*)?=[^=]" % name, content, re.MULTILINE) is not None


def words_of_imports(content: bytes) -> frozenset[bytes]:
    """Return the words in the imports of a text: of modules, and of what is imported."""
    if b"import" not in content:
        return frozenset()
    return frozenset(word for found in _IMPORTS.findall(content) for word in _NAMES.findall(b" ".join(found)))


def words_of_bases(content: bytes) -> frozenset[bytes]:
    """Return the words in the bases of the classes of a text."""
    return frozenset(word for found in _BASES.findall(content) for word in _NAMES.findall(found))


def quoted(content: bytes) -> frozenset[bytes]:
    """Return the dotted names that stand in a text as texts."""
    return frozenset(_QUOTED.findall(content))


def _imported(content: bytes) -> frozenset[bytes]:
    """Return the names that the imports of a text bind, and some more."""
    return frozenset(name for _, names in _IMPORTS.findall(content) for name in _NAMES.findall(names))
