"""Declare the commands about upstream's releases for typer, as `commands` does the others."""

from __future__ import annotations

from typing import Annotated

import typer

from backportkit.cli import options


def history(  # noqa: PLR0913 -- the options of a command
    target: Annotated[
        str, typer.Argument(metavar="TARGET|ID", help="module:name, module:Class.name, module:CONSTANT, or a patch.")
    ],
    *,
    package: options.Package = None,
    since: options.Since = None,
    everything: options.Every = False,
    as_json: options.Json = False,
    verbose: options.Verbose = False,
    offline: options.Offline = False,
    of_project: options.ProjectConfig = False,
    largest: options.MaxDownload = 50,
    log: options.LogFetches = None,
    module: options.Module = None,
) -> None:
    """Show which body a target has in which of upstream's releases. Nothing is installed, nothing of them is run.

    Single files are read out of the wheels in the package index, and kept in the cache. Of a patch, each body is
    compared with its fingerprints and its range. Exit code 2 if no release has the target, or none can be read.
    """
    from backportkit.cli.history import Asked
    from backportkit.cli.history import history as run

    asked = Asked(package, since, everything, options.of_releases(offline, of_project, largest, log))
    raise typer.Exit(run(target, asked, as_json=as_json, verbose=verbose, module=module))


def new(  # noqa: PLR0913 -- the options of a command
    words: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="TARGET... | PACKAGE BUGGY FIXED",
            help="module:name, module:Class.name, module:Class or module:CONSTANT; or a distribution and two releases.",
        ),
    ] = None,
    *,
    only: options.Only = None,
    diff_of: options.DiffOf = None,
    osv: options.Osv = None,
    package: options.Package = None,
    fixed_in: options.FixedIn = None,
    since: options.OldestBroken = None,
    fixes: options.Fixes = None,
    references: options.References = None,
    summary: options.Summary = None,
    patch_id: options.NewId = None,
    into: options.Into = None,
    offline: options.Offline = False,
    of_project: options.ProjectConfig = False,
    largest: options.MaxDownload = 50,
    log: options.LogFetches = None,
) -> None:
    """Write a patch into the project here, from upstream's releases: declaration, bodies, range, entry point.

    The fix is the last change of the target, or the first one after what the project is pinned to; or what changed
    between two releases, of which you pick; or what a diff changes. What is left to a person is said, the reproducer
    above all. Nothing of upstream's is run. Exit code 2 if there is nothing to write.
    """
    from backportkit.authoring.asked.wanted import Wanted
    from backportkit.cli import picked
    from backportkit.cli.new import How
    from backportkit.cli.new import new as run
    from backportkit.cli.new_from import Given

    wanted = Wanted(
        package or "",
        (),
        fixed_in=fixed_in,
        is_named=fixed_in is not None,
        since=since,
        fixes=fixes,
        references=tuple(references or ()),
        summary=summary,
        id=patch_id,
    )
    given = Given(tuple(words or ()), package, diff_of, osv, tuple(picked.words(" ".join(only or ()))))
    if problem := given.problem:
        raise typer.BadParameter(problem, param_hint="TARGET")
    raise typer.Exit(run(given, wanted, How(into, options.of_releases(offline, of_project, largest, log))))


def preview(  # noqa: PLR0913 -- the options of a command
    requirements: Annotated[
        list[str] | None,
        typer.Argument(metavar="REQUIREMENT", help="Releases, such as torch==2.14.0 or 'requests>=2.33'."),
    ] = None,
    *,
    lock: options.Lock = None,
    latest: Annotated[
        bool, typer.Option("--latest", help="The newest release of each distribution that a patch is about.")
    ] = False,
    as_json: options.Json = False,
    verbose: Annotated[
        bool, typer.Option("--verbose", "-v", help="Show what changed in targets that have drifted.")
    ] = False,
    providers: options.Providers = None,
    offline: options.Offline = False,
    of_project: options.ProjectConfig = False,
    largest: options.MaxDownload = 50,
    log: options.LogFetches = None,
    module: options.Module = None,
) -> None:
    """Tell what becomes of each patch with other releases: needed, removable, drifted, gone. Nothing is installed.

    Of a requirement, the newest release that satisfies it counts. Single files are read out of the wheels in the
    package index, and kept in the cache; nothing of them is run. Exit codes as `check`; 2 also if a release cannot be
    read.
    """
    if [bool(requirements), lock is not None, latest].count(True) != 1:
        raise typer.BadParameter("give requirements, --lock FILE or --latest", param_hint="REQUIREMENT")
    from backportkit.cli import preview as run

    asked, output = (
        options.of_releases(offline, of_project, largest, log),
        run.Output(as_json, verbose, module, providers or ()),
    )
    if lock is not None:
        raise typer.Exit(run.lock(lock, asked, output))
    raise typer.Exit(run.requirements(requirements, asked, output) if requirements else run.latest(asked, output))


def scan(  # noqa: PLR0913 -- the options of a command
    paths: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="[PATH...]", help="Folders, Python files, wheels, or installed distributions.", show_default="."
        ),
    ] = None,
    *,
    tests: Annotated[bool, typer.Option("--tests", help="Scan test suites, too.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="The same as --format json.")] = False,
    output: options.Reported = options.Format.TABLE,
    select: options.Select = None,
    ignore: options.Ignore = None,
    verbose: options.NextSteps = False,
    baseline: options.Baseline = None,
    written: options.WriteBaseline = None,
    adopt: options.Adopt = None,
    into: options.Into = None,
    patch_id: options.NewId = None,
    fixes: options.Fixes = None,
    summary: options.Summary = None,
    dry: options.DryRun = False,
    offline: options.Offline = False,
    of_project: options.ProjectConfig = False,
    largest: options.MaxDownload = 50,
    log: options.LogFetches = None,
) -> None:
    """Find the patches that people wrote by hand, and say which are dead, needed, or fit no more. Runs nothing of them.

    Each is judged by what the project supports, and by upstream's releases: single files are read out of the wheels in
    the package index. Exit codes as `check`; 2 also if a file that was named cannot be read.

    With --adopt, the patch at a place becomes a declaration in the project here, as `new` writes one: target, range,
    body, fingerprints. What could not be taken over is said, and the patch by hand stays. --into, --id, --fixes,
    --summary and --dry-run belong to that.
    """
    asked = options.of_releases(offline, of_project, largest, log)
    if adopt:
        if as_json or output is not options.Format.TABLE or baseline or written or select or ignore:
            said = "--json, --format, --select, --ignore, --baseline and --write-baseline belong to a scan"
            raise typer.BadParameter(said, param_hint="--adopt")
        if len(adopt) > 1:
            raise typer.BadParameter("give one place at a time", param_hint="--adopt")
        from backportkit.authoring.asked.wanted import Wanted
        from backportkit.cli import adopt as adopting

        wanted = Wanted("", (), fixes=fixes, summary=summary, id=patch_id)
        raise typer.Exit(adopting.adopt(adopt[0], paths or [], wanted, adopting.How(into, dry, asked)))
    if any((into, patch_id, fixes, summary, dry)):
        raise typer.BadParameter("--into, --id, --fixes, --summary and --dry-run need it", param_hint="--adopt")
    from backportkit.check import codes
    from backportkit.cli.scan import Asked
    from backportkit.cli.scan import scan as run

    named = codes.of_options(select or (), ignore or ())
    form = options.Format.JSON if as_json else output
    how = Asked("full" if verbose and form is options.Format.TABLE else form.value, tests, named, baseline, written)
    raise typer.Exit(run(paths or [], how, asked))
