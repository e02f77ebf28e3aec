"""Tell whether a definition in a source file is the one that a function in memory was compiled from."""

from __future__ import annotations
import __future__

import ast
import dis
import importlib.util
import keyword
import marshal
import sys
from copy import deepcopy
from itertools import pairwise
from pathlib import Path
from types import CodeType
from typing import TYPE_CHECKING, Any

from backportkit.source.callables import code_essence
from backportkit.source.reader import first_line

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from types import FunctionType

_LEVELS = (-1, 0, 1, 2)  # levels of optimisation; -1 is that of this process
_BARE = 2  # the level that leaves out asserts and docstrings
_FUTURES = sum({getattr(__future__, name).compiler_flag for name in __future__.all_feature_names} - {0x10})
_BY_DECORATOR = 0x100  # CO_ITERABLE_COROUTINE, which types.coroutine adds to the code of a generator function
_LITERALS = frozenset({bool, int, float, complex, str, bytes, type(None), type(...)})
# The modules of the loaders that compile a file as it is. Others rewrite it, as pytest does with asserts.
_OF_PYTHON = frozenset({"_frozen_importlib_external", "_frozen_importlib", "zipimport", "builtins"})
_LOADS = ("LOAD_FAST", "LOAD_GLOBAL", "LOAD_DEREF", "LOAD_NAME")
_HAS_FLAG = sys.version_info >= (3, 12)  # from then on LOAD_ATTR tells whether it loads a method
_HEADER = 16  # bytes in a file of bytecode: magic number, flags, and the source's time and size, or its hash


def is_source_of(node: Any, function: FunctionType) -> bool:
    """Tell whether compiling a definition gives the code of a function, and its defaults if they are constants.

    Decorators and annotations are not compared. If the module's loader rewrites what it compiles, the code may have
    more than the definition gives.
    """
    if not _has_defaults(node.args, function):
        return False
    code = function.__code__.replace(co_flags=function.__code__.co_flags & ~_BY_DECORATOR)
    essence = code_essence(code)
    # Before 3.11 a code has no qualified name, and that of the function may have been changed.
    names = dict.fromkeys([getattr(code, "co_qualname", function.__qualname__), code.co_name])
    trees = [_enclosed(node, code, name) for name in names]
    if any(
        code_essence(found) == essence for tree in trees for each in _LEVELS for found in _compiled(tree, code, each)
    ):
        return True
    loader = getattr(function.__globals__.get("__spec__"), "loader", None)
    is_rewritten = type(loader).__module__ not in _OF_PYTHON
    return is_rewritten and any(_is_within(found, code) for found in _compiled(_debugging(trees[0]), code, _BARE))


def is_source_now(node: Any, function: FunctionType) -> bool:
    """Tell the same as `is_source_of`, of a definition in the present file. A match with its bytecode is enough."""
    return is_source_of(node, function) or _is_in_bytecode(function)


def _is_in_bytecode(function: FunctionType) -> bool:
    """Tell whether a function is in the bytecode that an import of its module would use for the present source.

    Another release of the same Python may have compiled it, to other code than this release does.
    """
    try:
        content = Path(function.__globals__["__spec__"].cached).read_bytes()
        source = Path(function.__code__.co_filename)
        if content[:4] != importlib.util.MAGIC_NUMBER or not _is_of(content[4:_HEADER], source):
            return False
        return function.__code__ in codes_in(marshal.loads(content[_HEADER:]))  # noqa: S302 -- as an import does
    except (
        LookupError,
        AttributeError,
        TypeError,
        ValueError,
        OSError,
        EOFError,
    ):  # there is no such file, or it is no bytecode
        return False


def _is_of(header: bytes, source: Path) -> bool:
    """Tell whether a header is that of a source file, as https://docs.python.org/3/reference/import.html says."""
    if header[0]:
        return header[4:] == importlib.util.source_hash(source.read_bytes())
    stat = source.stat()
    stamp = b"".join((int(number) & 0xFFFFFFFF).to_bytes(4, "little") for number in (stat.st_mtime, stat.st_size))
    return header[4:] == stamp


def _has_defaults(arguments: ast.arguments, function: FunctionType) -> bool:
    given, held = arguments.defaults, function.__defaults__ or ()
    named = function.__kwdefaults__ or {}
    pairs = [(node, named.get(one.arg)) for one, node in zip(arguments.kwonlyargs, arguments.kw_defaults, strict=True)]
    return len(given) == len(held) and all(
        _may_be(node, value) for node, value in [*zip(given, held, strict=True), *pairs]
    )


def _may_be(node: ast.expr | None, value: Any) -> bool:
    """Tell whether an expression may have a value: a constant expression has its own value only."""
    try:
        said = ast.literal_eval(node) if node is not None else None
    except ValueError:
        return True
    return type(said) not in _LITERALS or (type(value) is type(said) and repr(value) == repr(said))


def _enclosed(node: Any, code: CodeType, qualname: str) -> ast.Module:
    """Return a module with the definition in classes and functions like its own, which bind its free variables."""
    ast.increment_lineno(node, code.co_firstlineno - first_line(node))  # since 3.13 a class has its line as a constant
    *outer, _ = qualname.split(".")
    kinds = ["def" if following == "<locals>" else "class" for following in [*outer[1:], ""]]
    scopes = [(kind, name) for kind, name in zip(kinds, outer, strict=False) if name != "<locals>"]
    free = [name for name in code.co_freevars if name != "__class__" or "class" not in dict(scopes)]
    if free and "def" not in dict(scopes):
        scopes.insert(0, ("def", "_"))
    heads = [f"{kind} {_identifier(name)}({', '.join(free) if kind == 'def' else ''}):" for kind, name in scopes]
    lines = [" " * depth + head for depth, head in enumerate([*heads, "pass"])]
    tree = ast.parse("\n".join(lines))
    body: Any = tree.body
    for _ in heads:
        body = body[0].body
    body[:] = [node]
    tree.body[:0] = ast.parse("\n".join(f"import {name}" for name in _imported(code))).body
    return tree


def _imported(code: CodeType) -> list[str]:
    """Return the names in a code that its module may have imported, `super` among them if the module may bind it.

    The compiler does not load a method as such from a name that the module has imported, whatever scope the name is of
    (https://github.com/python/cpython/issues/98442), and does not optimise `super` if the module binds that name.
    """
    codes = list(codes_in(code))
    names = {name for one in codes for name in (*one.co_names, *one.co_varnames, *one.co_freevars, *one.co_cellvars)}
    for one in codes:
        steps = list(dis.get_instructions(one))
        names.difference_update(_loaded(each) for each, following in pairwise(steps) if _is_of_method(following))
        names -= {"super"} if any(step.opname.startswith("LOAD_SUPER") for step in steps) else set()
    return sorted(name for name in names if name == _identifier(name))


def _loaded(step: dis.Instruction) -> Any:
    """Return the name that an instruction loads, the last one if it loads several; None if it loads no name."""
    if not any(name in step.opname for name in _LOADS):
        return None
    return step.argval[-1] if isinstance(step.argval, tuple) else step.argval


def _is_of_method(step: dis.Instruction) -> bool:
    return step.opname == "LOAD_METHOD" or (step.opname == "LOAD_ATTR" and _HAS_FLAG and bool((step.arg or 0) & 1))


def _identifier(name: str) -> str:
    return name if name.isidentifier() and not keyword.iskeyword(name) else "_"


def _compiled(tree: ast.Module, code: CodeType, level: int) -> Iterator[CodeType]:
    """Return the codes that a tree gives and that have the name of another code."""
    try:
        made = compile(tree, code.co_filename, "exec", code.co_flags & _FUTURES, dont_inherit=True, optimize=level)
    except SyntaxError:  # `nonlocal` of a name that is not free there
        return iter(())
    return (inner for inner in codes_in(made) if inner.co_name == code.co_name)


def codes_in(code: CodeType) -> Iterator[CodeType]:
    """Yield a code object, and those of the functions, lambdas and classes that are defined in it."""
    yield code
    for constant in code.co_consts:
        if isinstance(constant, CodeType):
            yield from codes_in(constant)


def _debugging(tree: ast.Module) -> ast.Module:
    """Return a copy of a tree in which `__debug__` has its value in this process, whatever the level of compilation."""
    copied = deepcopy(tree)
    for node in ast.walk(copied):
        for name, held in ast.iter_fields(node):
            if isinstance(held, ast.Name) and held.id == "__debug__":
                setattr(node, name, ast.copy_location(ast.Constant(__debug__), held))
    return copied


def _is_within(code: CodeType, other: CodeType) -> bool:
    """Tell whether a code takes the same arguments as another one that has all its lines, names and constants."""
    return _arguments(code) == _arguments(other) and _lines(code) <= _lines(other) and _used(code) <= _used(other)


def _arguments(code: CodeType) -> tuple[object, ...]:
    count = code.co_argcount + code.co_kwonlyargcount
    return code.co_argcount, code.co_posonlyargcount, code.co_kwonlyargcount, code.co_varnames[:count]


def _lines(code: CodeType) -> set[int]:
    """Return the lines of a code on which something is done, counted from its first.

    A NOP does nothing: it may stand for something that was left out.
    """
    nothing, steps = {dis.opmap["NOP"]}, code.co_code
    ranges = [(line, steps[start:end:2]) for start, end, line in code.co_lines() if line is not None]
    return {line - code.co_firstlineno for line, done in ranges if not nothing.issuperset(done)}


def _used(code: CodeType) -> set[str]:
    """Return the names and the constants of a code and of its inner codes."""
    return {name for one in codes_in(code) for name in (*one.co_names, *_atoms(one.co_consts))}


def _atoms(constants: Iterable[Any]) -> Iterator[str]:
    for constant in constants:
        if isinstance(constant, tuple | frozenset):
            yield from _atoms(constant)
        elif not isinstance(constant, CodeType):
            yield repr(constant)
