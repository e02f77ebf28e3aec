"""The options that commands share, for typer."""

from __future__ import annotations

import os
from enum import Enum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from backportkit.upstream.evidence import Options


def _ids(incomplete: str) -> list[str]:
    from backportkit.cli import completed

    return completed.ids(incomplete)


def _providers(incomplete: str) -> list[str]:
    from backportkit.cli import completed

    return completed.providers(incomplete)


def _codes(incomplete: str) -> list[str]:
    from backportkit.cli import completed

    return completed.codes(incomplete)


PatchId = Annotated[
    str, typer.Argument(metavar="ID", help="The patch, as `backportkit status` names it.", autocompletion=_ids)
]
Shown = Annotated[list[str] | None, typer.Argument(metavar="ID", help="These patches alone.", autocompletion=_ids)]
Module = Annotated[
    str | None,
    typer.Option("--import", metavar="MODULE|FILE", help="First read this module or file, which declares patches."),
]
Providers = Annotated[
    list[str] | None,
    typer.Option(
        "--provider",
        metavar="NAME",
        help="Only patches of this provider, or of those that fit. Repeatable.",
        autocompletion=_providers,
    ),
]
Quiet = Annotated[bool, typer.Option("--quiet", "-q", help="Print only what has failed. JSON stays as it is.")]
Json = Annotated[bool, typer.Option("--json", help="Print JSON instead of a table.")]

# The options of `prove`.
CORES = os.cpu_count() or 1
PatchIds = Annotated[
    list[str] | None,
    typer.Argument(metavar="ID", help="The patches, or patterns of ids or packages: 'torch*'.", autocompletion=_ids),
]
All = Annotated[bool, typer.Option("--all", help="Prove all patches that are declared and have a reproducer.")]
Exclude = Annotated[
    list[str] | None,
    typer.Option(
        metavar="PATTERN", help="Leave out patches whose id or package matches: 'torch*'.", autocompletion=_ids
    ),
]
Matrix = Annotated[
    bool,
    typer.Option("--matrix", help="Prove on the releases next to the range and at both ends of each body in it."),
]
EveryEnd = Annotated[
    bool, typer.Option("--every", help="With --matrix: also on releases whose bodies were proved on another one.")
]
Versions = Annotated[
    str | None, typer.Option(metavar="A,B,C", help="Prove on these releases instead, in range or out of it.")
]
Pythons = Annotated[
    list[str] | None,
    typer.Option("--python", metavar="A,B", help="Prove with these Pythons, such as 3.10,3.13. Repeatable."),
]
Jobs = Annotated[int, typer.Option(min=1, help="How many patches to prove at a time.", show_default="one a core")]
Output = Annotated[
    Path | None, typer.Option(metavar="FOLDER", help="Write the results: JSON for each patch, and a page.")
]
Fresh = Annotated[bool, typer.Option("--fresh", help="Build the throw-away environment anew.")]

Passed = Annotated[
    list[str] | None,
    typer.Option("--env", metavar="NAME", help="Pass this variable on to the reproducer's processes. Repeatable."),
]

# The options of `history`.
Package = Annotated[str | None, typer.Option(metavar="DIST", help="The distribution that has the target's module.")]
Since = Annotated[str | None, typer.Option(metavar="VERSION", help="Leave out older releases.")]
Every = Annotated[bool, typer.Option("--all", help="Pre-releases and yanked releases, too.")]
Verbose = Annotated[bool, typer.Option("--verbose", "-v", help="Show what changed from one body to the next.")]
Offline = Annotated[bool, typer.Option("--offline", help="Ask nobody: use the cache alone.")]
ProjectConfig = Annotated[
    bool, typer.Option("--project-config", help="Ask the indexes that the settings of uv in this checkout name, too.")
]
MaxDownload = Annotated[
    int, typer.Option("--max-download", metavar="MB", min=0, help="Download no file of a release whole that has more.")
]

LogFetches = Annotated[
    Path | None,
    typer.Option(
        "--log-fetches",
        metavar="FILE",
        help="Add a line of JSON to this file for each request, and each use of the cache.",
    ),
]

# The options of `new`.
Only = Annotated[
    list[str] | None,
    typer.Option(
        metavar="NAME", help="Take this of what changed: its number or module:Class.name, or an end. Repeatable."
    ),
]
DiffOf = Annotated[
    str | None, typer.Option("--diff", metavar="FILE|-", help="Take what this unified diff of upstream's changes.")
]
Osv = Annotated[
    str | None, typer.Option(metavar="FILE", help="Take releases, ids and addresses from this advisory (OSV).")
]
FixedIn = Annotated[str | None, typer.Option(metavar="VERSION", help="The release with the fix.")]
OldestBroken = Annotated[
    str | None, typer.Option(metavar="VERSION", help="Take all bodies from this release on into the range.")
]
Fixes = Annotated[str | None, typer.Option(metavar="URL", help="Upstream's change.")]
References = Annotated[list[str] | None, typer.Option("--reference", metavar="URL", help="A further address.")]
Summary = Annotated[str | None, typer.Option(metavar="TEXT", help="What goes wrong, in one line.")]
NewId = Annotated[str | None, typer.Option("--id", metavar="ID", help="The id of the patch.")]
Into = Annotated[Path | None, typer.Option(metavar="FILE", help="The module to write.")]

Lock = Annotated[
    Path | None, typer.Option("--lock", metavar="FILE", help="Those that uv.lock or another lock file pins.")
]

# The options of commands with findings.
Select = Annotated[
    list[str] | None,
    typer.Option(
        metavar="CODES",
        help="Findings of these codes alone: BK4, or BK402,BK601. Not those of the project's settings.",
        autocompletion=_codes,
    ),
]
Ignore = Annotated[
    list[str] | None,
    typer.Option(
        metavar="CODES", help="No findings of these codes. The longer beginning decides.", autocompletion=_codes
    ),
]
NextSteps = Annotated[
    bool, typer.Option("--verbose", "-v", help="Show what to do next, and all that is known about each finding.")
]

# The options of `scan`.
Baseline = Annotated[
    Path | None, typer.Option(metavar="FILE", help="Leave out what this file knows, and fail on what is new.")
]
WriteBaseline = Annotated[
    Path | None, typer.Option("--write-baseline", metavar="FILE", help="Write what is found into this file.")
]
Adopt = Annotated[
    list[str] | None,
    typer.Option(metavar="FILE:LINE", help="Write a declaration of the patch by hand that is found at this place."),
]

# The options of `retire`.
Retired = Annotated[list[str] | None, typer.Argument(metavar="ID", help="The patches.", autocompletion=_ids)]
AllRetired = Annotated[bool, typer.Option("--all", help="Retire all patches that the project has outgrown.")]
Unproved = Annotated[
    str | None, typer.Option(metavar="REASON", help="Retire without a proof that the patch is dead, and say why.")
]
Changelog = Annotated[
    Path | None, typer.Option(metavar="FILE", help="Add a line for each patch to this changelog of the project.")
]
DryRun = Annotated[bool, typer.Option("--dry-run", help="Show what would change, and write nothing.")]
Yes = Annotated[bool, typer.Option("--yes", "-y", help="Do not ask.")]
Force = Annotated[bool, typer.Option("--force", help="Change also what is not committed in git.")]

PolicyFile = Annotated[
    Path | None,
    typer.Option("--path", metavar="FILE", help="The file.", show_default="backportkit-policy.toml in sys.prefix"),
]
Allowed = Annotated[
    list[str] | None,
    typer.Option(metavar="DIST", help="With lock: allow this provider, and none that is not named. Repeatable."),
]

Signed = Annotated[list[Path], typer.Argument(metavar="FILE", help="The files.")]
Key = Annotated[Path, typer.Option(metavar="PEM", help="The key: a private one to sign, the public one to verify.")]


# The options of `sbom`.
Bom = Annotated[
    str | None,
    typer.Argument(metavar="FILE|-", help="A CycloneDX document of this environment."),
]
Reports = Annotated[
    str | None,
    typer.Option(
        "--from", metavar="FOLDER|FILE|-", help="What running processes said by backportkit.report(), as evidence."
    ),
]
Product = Annotated[
    str | None,
    typer.Option(
        metavar="PURL", help="What the document is about.", show_default="as the document or the project says"
    ),
]
Author = Annotated[str | None, typer.Option(metavar="NAME", help="Who makes the statements of OpenVEX.")]
Written = Annotated[Path | None, typer.Option("--output", metavar="FILE", help="Write this file instead of stdout.")]


class Vex(str, Enum):
    """The form of statements about vulnerabilities."""

    CYCLONEDX = "cyclonedx"
    OPENVEX = "openvex"


class OfPolicy(str, Enum):
    """The action on a policy."""

    LOCK = "lock"
    CHECK = "check"


class Format(str, Enum):
    """The form in which findings are written."""

    TABLE = "table"
    JSON = "json"
    GITHUB = "github"
    GITLAB = "gitlab"
    SARIF = "sarif"


Reported = Annotated[
    Format,
    typer.Option(
        "--format", metavar="FORM", help="How to write the findings: as table, json, github, gitlab or sarif."
    ),
]


def of_releases(offline: bool, of_project: bool, largest: int, log: Path | None) -> Options:  # noqa: FBT001 -- options of commands
    """Return how releases are to be read."""
    from backportkit.upstream.evidence import Options

    return Options(offline, of_project, largest, log)


def separated(*texts: str | None) -> list[str]:
    """Return the parts of texts that have commas between them. An empty text has one, which is empty."""
    return [part.strip() for text in texts if text is not None for part in text.split(",")]
