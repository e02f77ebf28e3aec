"""`backportkit sbom`: write which components are patched, and which vulnerabilities that resolves, for others."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, NamedTuple

from backportkit.activation import placing
from backportkit.cli import declarations
from backportkit.cli.exit_codes import ExitCode
from backportkit.cli.printing import emit_json, say
from backportkit.engine import on_error
from backportkit.redacted import redacted
from backportkit.reports import process
from backportkit.supply import bom, environment, evidence, moment, openvex, pedigree, product, vex, vulnerabilities
from backportkit.supply.errors import SupplyError

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from backportkit.reports.document import ProcessReport
    from backportkit.supply.evidence import Evidence

    Document = dict[str, Any]

OPENVEX = "openvex"
_MODE = 0o644
_HERE = "the document of this environment"


class How(NamedTuple):
    """How the document is made.

    Attributes:
        source: The file with reports of processes, or the folder, or `-`; None for none.
        vex: `cyclonedx` or `openvex`; None for none.
        product: The package URL of what the document is about; None for what the document or the project says.
        author: The author of an OpenVEX document.
        output: The file to write; None for stdout.
        module: The module or file that declares.
    """

    source: str | None
    vex: str | None
    product: str | None
    author: str | None
    output: Path | None
    module: str | None


def sbom(name: str | None, how: How) -> int:
    """Write the document that a file has, or one of this environment, with what is known of patches.

    Raises the errors of providers that cannot be read, and writes nothing then: it would leave out what they patch.
    """
    if how.vex is not None and how.source is None:
        say("no reports are given, so that no backport is said to be in effect: --from FOLDER", err=True)
    found = _known(how)
    document = environment.document() if name is None else bom.read(name)
    where = _HERE if name is None else name
    pedigree.check(document, found, where)
    for line in pedigree.passed_over(document, found, where):
        say(line, err=True)
    made = _of_statements(document, found, how) if how.vex == OPENVEX else _completed(document, found, where, how)
    _write(made, how.output)
    return ExitCode.FINE


def _known(how: How) -> list[Evidence]:
    unread = declarations.read(how.module)
    survey, errors = process.survey()
    on_error.raise_all(declarations.together(unread, errors), "read")
    return evidence.gather(survey["patches"], _reports(how.source), declarations.enabled())


def _of_statements(document: Document, found: Sequence[Evidence], how: How) -> Document:
    about = product.purl_of(document, how.product)
    return openvex.document(vex.statements(found), about, how.author or "", moment.now())


def _completed(document: Document, found: Sequence[Evidence], where: str, how: How) -> Document:
    now = moment.now()
    product.name_in(document, how.product)
    pedigree.add(document, found, where)
    if how.vex is not None:
        for line in vulnerabilities.add(document, vex.statements(found), where, now):
            say(line, err=True)
    bom.stamp(document, now)
    return document


def _reports(source: str | None) -> tuple[ProcessReport, ...]:
    if source is None:
        return ()
    from backportkit.reports import fleet

    return fleet.read(source).processes


def _write(document: Document, output: Path | None) -> None:
    """Print a document, or write it whole into a file, without secrets and in ASCII."""
    text = redacted(json.dumps(document, indent=2))
    if output is None:
        emit_json(text)
        return
    try:
        placing.place(output, f"{text}\n".encode("ascii"), _MODE)
    except OSError as error:
        raise SupplyError(f"{output} cannot be written", found=error.strerror) from error
    say(f"wrote {output}")
