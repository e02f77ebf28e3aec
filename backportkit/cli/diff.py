"""`backportkit diff ID`: show what a patch changes, as a reviewer wants to see it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from packaging.utils import canonicalize_name

from backportkit.check import bodies, reading
from backportkit.check.bodies import Body, NoBodyError
from backportkit.cli import declarations
from backportkit.cli.exit_codes import ExitCode
from backportkit.cli.printing import console, cost, lined, say, versions
from backportkit.declaration import eligibility
from backportkit.engine import content
from backportkit.source import location
from backportkit.source.lookup import Library

if TYPE_CHECKING:
    from backportkit.declaration.edits import Edit
    from backportkit.declaration.record import Patch
    from backportkit.declaration.registry import Declared
    from backportkit.upstream.evidence import Options

_STYLES = {"+++": "bold", "---": "bold", "@": "cyan", "+": "green", "-": "red"}


def diff(patch_id: str, *, module: str | None = None) -> int:
    """Show the installed body against the replacement; return the exit code."""
    declared = declarations.find(patch_id, module)
    name = versions(eligibility.judge(declared.patch.requires, declared.patch.modules[0]).installed) or "installed"
    return _show(declared, reading.library(), name)


def against(patch_id: str, version: str, options: Options, *, module: str | None = None) -> int:
    """Show the body that a release has against the replacement; return the exit code."""
    declared = declarations.find(patch_id, module)
    distribution = _distribution(declared.patch, version)
    from backportkit.cli.progress import Steps
    from backportkit.upstream.evidence import Evidence
    from backportkit.upstream.modules import Upgraded

    with Steps() as begin:
        begin(f"reading {distribution} {version}, from the cache where it has that")
        evidence = Evidence(options)
        opened = evidence.archive(distribution, version)
    with opened as archive:
        library = Library(Upgraded({canonicalize_name(distribution): archive}))
        code = _show(declared, library, f"{distribution} {version}")
    say(cost(*evidence.cost), err=True)
    return code


def _show(declared: Declared, library: Library, name: str) -> int:
    """Show each edit, and then what else of the patch runs."""
    _show_edits(declared.patch, library, name)
    brought = content.of(declared, reading.library())
    for piece in brought.pieces:
        if piece.role != content.REPLACEMENT:
            _print_diff(Body("nothing", (), None), Body(f"{piece.where}, {piece.role}", piece.lines, None), declared.id)
    for source in brought.sources:
        say(f"{location.relative(source.path)} is sha256:{content.hash_of(source)}")
    return ExitCode.FINE


def _print_diff(before: Body, after: Body, patch_id: str, name: str = "") -> None:
    out = console()
    old, new = f"{name}  {before.where}".strip(), f"{patch_id}  {after.where}"
    for line in bodies.unified(before.lines, after.lines, old, new):
        out.print(lined(line, style(line)), soft_wrap=True)


def _show_edits(patch: Patch, library: Library, name: str) -> None:
    out = console()
    for edit in patch.edits:
        if imported := bodies.imported(edit):
            out.tell(lined(f"{edit.target}: the import of {imported} is added"))
            continue
        try:
            before, after = _at_target(edit, library), bodies.of_replacement(edit)
        except NoBodyError as error:
            if len(patch.edits) == 1:
                raise
            out.tell(lined(f"{edit.target}: {error.message}: {error.found}"))
            continue
        _print_diff(before, after, patch.id, name)
        out.tell(lined(_verdict(edit, before, after, name)))


def _at_target(edit: Edit, library: Library) -> Body:
    with reading.instead(library):
        return bodies.at_target(edit)


def _distribution(patch: Patch, against: str) -> str:
    """Return the distribution of the branch that has a version, or else of the first one."""
    from backportkit.proof import choose
    from backportkit.upstream import uv
    from backportkit.upstream.uv import UnavailableError

    version = uv.checked_version(against)
    first, *others = choose.branches(patch)
    distribution = choose.subject(next((one for one in others if choose.in_range(one, version)), first)).name
    if distribution.lower() == eligibility.PYTHON:
        raise UnavailableError(
            "the modules of Python itself are in no package index",
            patch=patch.id,
            next_step=f"run `backportkit diff {patch.id}` in an environment of Python {against}",
        )
    return distribution


def style(line: str) -> str:
    """Return the style of a line of a diff."""
    return next((style for start, style in _STYLES.items() if line.startswith(start)), "")


def _verdict(edit: Edit, before: Body, after: Body, name: str) -> str:
    """Say how the fingerprints of the two bodies compare, and what to do about it."""
    if edit.target.is_module:
        said = "is there: there is nothing to add" if before.lines else "is not there: it is made as it is imported"
        return f"{edit.target} of {name} {said}"
    one_of = f"one of {before.several} definitions, of which running the module tells the one that counts, "
    which = one_of if before.several > 1 else ""
    if edit.how == "add" and not before.lines:
        return f"{edit.target} of {name} is not there, as how='add' expects"
    if before.fingerprint is None:
        what = "a value, and has no fingerprint" if before.is_value else f"{which}without a fingerprint"
        return f"{edit.target} of {name} is {what}: compare the two by reading them"
    found = f"{edit.target} of {name} is {which}{before.fingerprint}"
    if before.fingerprint == after.fingerprint:
        advice = "" if before.fingerprint in edit.fixed else f", add fixed='{before.fingerprint}'"
        return f"{found}, the same as the replacement: there is nothing to patch{advice}"
    return f"{found}, {_role(edit, before.fingerprint)}"


def _role(edit: Edit, found: str) -> str:
    if found in edit.original:
        return "as original=... expects: the patch fits"
    if found in edit.fixed:
        return "upstream's fix, as fixed=... says: such a release needs no patch"
    return "which neither original=... nor fixed=... names: read the two, then name it in one of them"
