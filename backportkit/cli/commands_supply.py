"""Declare the commands about documents for others for typer, as `commands` does the others."""

from __future__ import annotations

from typing import Annotated

import typer

from backportkit.cli import options


def sbom(  # noqa: PLR0913 -- the options of a command
    document: options.Bom = None,
    *,
    source: options.Reports = None,
    vex: Annotated[
        options.Vex | None,
        typer.Option(
            metavar="cyclonedx|openvex",
            help="Say where each advisory stands: in the SBOM, or in a document of OpenVEX instead.",
        ),
    ] = None,
    product: options.Product = None,
    author: options.Author = None,
    output: options.Written = None,
    module: options.Module = None,
) -> None:
    """Write a CycloneDX SBOM that has the patches of each component, and VEX: affected, or fixed by what evidence.

    Takes a document of this environment, or makes one. `fixed` is said only of what a running process has read back
    (`--from`), and of bodies on disk that are upstream's fix: never by a version. `SOURCE_DATE_EPOCH` sets the time.
    """
    if (vex is options.Vex.OPENVEX) != (author is not None):
        raise typer.BadParameter("an OpenVEX document, and no other one, names its author", param_hint="--author")
    if author is not None and not author.strip():
        raise typer.BadParameter("is empty: an OpenVEX document names its author", param_hint="--author")
    from backportkit.cli.sbom import How
    from backportkit.cli.sbom import sbom as run

    how = How(source, None if vex is None else vex.value, product, author, output, module)
    raise typer.Exit(run(document, how))


def sign(files: options.Signed, *, key: options.Key) -> None:
    """Sign files, such as a policy or a proof, with a private Ed25519 key: FILE.sig is written beside each."""
    from backportkit.cli import signature

    raise typer.Exit(signature.sign(files, key))


def verify(files: options.Signed, *, key: options.Key) -> None:
    """Say whether the signatures beside files are by a public key. Exit code 1 if one is not. Asks nobody online."""
    from backportkit.cli import signature

    raise typer.Exit(signature.verify(files, key))
