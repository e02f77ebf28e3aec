"""Declare the commands for typer: their options and their help. The work of a command is imported when it is called."""

from __future__ import annotations

import os
from typing import Annotated

import typer

from backportkit.cli import options


def status(  # noqa: PLR0913 -- the options of a command
    patch_ids: options.Shown = None,
    *,
    as_json: options.Json = False,
    everything: Annotated[
        bool, typer.Option("--all", help="Show the shipped patches that are not for what is installed, too.")
    ] = False,
    source: Annotated[
        str | None,
        typer.Option(
            "--from",
            metavar="FOLDER|FILE|-",
            help="Show what running processes said by backportkit.report() instead, and where they differ.",
        ),
    ] = None,
    providers: options.Providers = None,
    module: options.Module = None,
) -> None:
    """Show the patches that concern this environment, and where they stand. Imports nothing of what is patched.

    The modules that `tool.backportkit.modules` names in the pyproject.toml of the working directory are read, too.

    The digest is the same wherever the same patches are in force. Exit code 2 if a provider cannot be read; the patches
    of the others are shown. With --from: exit code 0 if all processes have the same digest, 1 if not. The JSON has all
    patches; docs/report-schema.json and docs/fleet-schema.json describe it.
    """
    from backportkit.cli.status import status as run

    only, of = tuple(patch_ids or ()), tuple(providers or ())
    if (only or of) and source is not None:
        raise typer.BadParameter("name patches or providers, or give --from, and not both", param_hint="ID")
    raise typer.Exit(run(only=only, of=of, as_json=as_json, everything=everything, source=source, module=module))


def check(  # noqa: PLR0913 -- the options of a command
    what: Annotated[
        str | None,
        typer.Argument(
            metavar="PATH|PROVIDER",
            help="A project folder, a .py, .toml or .json file, a module, or an installed distribution. "
            "Without it: all that is installed, and the project in the working directory.",
        ),
    ] = None,
    *,
    as_json: Annotated[bool, typer.Option("--json", help="The same as --format json.")] = False,
    output: options.Reported = options.Format.TABLE,
    select: options.Select = None,
    ignore: options.Ignore = None,
    verbose: options.NextSteps = False,
    upstream: Annotated[
        bool, typer.Option("--upstream", help="Ask upstream's newest releases, too: fixed, still open, drifted.")
    ] = False,
    offline: options.Offline = False,
    of_project: options.ProjectConfig = False,
    largest: options.MaxDownload = 50,
    log: options.LogFetches = None,
) -> None:
    """Say which patches are broken and which can be deleted. Offline; imports nothing of what is patched.

    Only --upstream uses the network: single files are read out of wheels in the package index. Exit code 0 if all is
    well, 1 if something is broken, 2 for wrong usage, 3 if something can be removed.
    """
    from backportkit.check import codes
    from backportkit.cli.check import Asked
    from backportkit.cli.check import check as run

    named = codes.of_options(select or (), ignore or ())
    releases = options.of_releases(offline, of_project, largest, log) if upstream else None
    raise typer.Exit(run(what, as_json=as_json, verbose=verbose, asked=Asked(output.value, named, releases)))


def explain(patch_id: options.PatchId, *, module: options.Module = None) -> None:
    """Show everything known about a patch: declaration, provenance, targets, fingerprints, state, what to do next."""
    from backportkit.cli.explain import explain as run

    raise typer.Exit(run(patch_id, module=module))


def diff(  # noqa: PLR0913 -- the options of a command
    patch_id: options.PatchId,
    *,
    against: Annotated[
        str | None,
        typer.Option(metavar="VERSION", help="Upstream's release to compare with. Read out of the package index."),
    ] = None,
    offline: options.Offline = False,
    of_project: options.ProjectConfig = False,
    largest: options.MaxDownload = 50,
    log: options.LogFetches = None,
    module: options.Module = None,
) -> None:
    """Show the installed body against the replacement; or, with --against, upstream's fixed one against it.

    Only --against uses the network: it reads the files that it needs out of that release's wheel, and keeps them.
    """
    from backportkit.cli import diff

    if against is None:
        raise typer.Exit(diff.diff(patch_id, module=module))
    raise typer.Exit(
        diff.against(patch_id, against, options.of_releases(offline, of_project, largest, log), module=module)
    )


def prove(  # noqa: PLR0913 -- the options of a command
    patch_ids: options.PatchIds = None,
    *,
    all_: options.All = False,
    exclude: options.Exclude = None,
    around: options.Matrix = False,
    every: options.EveryEnd = False,
    versions: options.Versions = None,
    pythons: options.Pythons = None,
    providers: options.Providers = None,
    jobs: options.Jobs = options.CORES,
    output: options.Output = None,
    as_json: options.Json = False,
    fresh: options.Fresh = False,
    passed: options.Passed = None,
    of_project: options.ProjectConfig = False,
    log: options.LogFetches = None,
    module: options.Module = None,
) -> None:
    """Prove that a patch fixes something: its reproducer fails without it, passes with it and fails after undo.

    One patch alone is proved in this environment if it meets the patch's requirements; otherwise in a throw-away one
    with the newest release in range, which is kept for the next time. Several, one on several releases, and whatever
    --output writes are proved in throw-away environments, from the index, and compared with the ranges they declare.
    With --python that is done with each of these Pythons, which uv finds; none is downloaded.
    Exit code 0 if all is as declared, 1 if not, 2 if it cannot be tried here, or an id or pattern fits no patch.
    """
    if bool(patch_ids) == (all_ or bool(providers and not patch_ids)):
        raise typer.BadParameter("name patches, or give --all, and not both", param_hint="ID")
    if every and not around:
        raise typer.BadParameter("give --matrix with it", param_hint="--every")
    _check_set(passed)
    from backportkit.cli.chosen import What
    from backportkit.cli.prove import How, Tried
    from backportkit.cli.prove import prove as run
    from backportkit.proof.environment import Wishes

    what = What(patch_ids or [], exclude or [], providers or [], module)
    tried = Tried(around, every, options.separated(versions), options.separated(*pythons or ()), of_project, log)
    raise typer.Exit(run(what, tried, How(jobs, output, as_json, Wishes(fresh, tuple(passed or ())))))


def retire(  # noqa: PLR0913 -- the options of a command
    patch_ids: options.Retired = None,
    *,
    all_: options.AllRetired = False,
    unproved: options.Unproved = None,
    changelog: options.Changelog = None,
    dry: options.DryRun = False,
    sure: options.Yes = False,
    force: options.Force = False,
    fresh: options.Fresh = False,
    passed: options.Passed = None,
    of_project: options.ProjectConfig = False,
    module: options.Module = None,
) -> None:
    """Take patches out of the project that it has outgrown, and keep their reproducers as tests.

    A patch is dead if its reproducer passes without it in the oldest and the newest release that the project supports,
    each in a throw-away environment. Then the declaration goes with all that only it used. What would change is shown,
    and has to be committed in git. Exit code 1 if a patch is not dead, or nobody wants it; 2 if it cannot be taken out.
    """
    if bool(patch_ids) == all_:
        raise typer.BadParameter("name patches, or give --all, and not both", param_hint="ID")
    if unproved is not None and not unproved.strip():
        raise typer.BadParameter("say why", param_hint="--unproved")
    _check_set(passed)
    from backportkit.cli.retire import How
    from backportkit.cli.retire import retire as run
    from backportkit.proof.environment import Wishes
    from backportkit.upstream import uv

    if of_project:
        uv.obey_checkout()
    wishes = Wishes(fresh, tuple(passed or ()))
    raise typer.Exit(run(patch_ids or [], How(unproved, changelog, dry, sure, force, wishes, module)))


def _check_set(names: list[str] | None) -> None:
    """Raise a usage error for variables that are not set and should be passed on."""
    if unset := [name for name in names or () if name not in os.environ]:
        raise typer.BadParameter(f"not set: {', '.join(unset)}", param_hint="--env")


def run(
    program: Annotated[list[str], typer.Argument(metavar="PROGRAM", help="The program, and its own arguments.")],
) -> None:
    """Run a program with the patches of this environment armed in it and in all its Python children.

    PROGRAM is a Python file or archive, -m and a module, -c and code, a command, or a folder with a `__main__.py`; its
    own arguments follow. A command is looked for beside this interpreter and then on the PATH, before a file or folder.
    `backportkit run env` is the command `env`, and `backportkit run ./env` the folder. The program takes the place of
    this process: exit code, signals and stdin are its own. Exits with 127 if there is no such program.
    """
    from backportkit.cli.run import run as become

    become(program)


def activate(
    *,
    verify: Annotated[
        bool, typer.Option("--verify", help="Write nothing, and say which files are not as they were written.")
    ] = False,
) -> None:
    """Arm the patches in each interpreter that starts in this environment. Run it again after installing or upgrading.

    Writes a .pth file, a .start file and a manifest into site-packages. `backportkit deactivate` and uninstalling
    backportkit remove them. With --verify: exit code 0 if these files and the others in backportkit's RECORD are as
    they were written, 1 if one is not, or if the environment is not activated.
    """
    from backportkit.cli.activate import activate as run

    raise typer.Exit(run(verify=verify))


def deactivate() -> None:
    """Remove what `activate` has written into this environment."""
    from backportkit.cli.deactivate import deactivate as run

    raise typer.Exit(run())


def policy(
    action: Annotated[
        options.OfPolicy,
        typer.Argument(metavar="lock|check", help="lock: write it. check: say what differs from it."),
    ],
    *,
    path: options.PolicyFile = None,
    provider: options.Allowed = None,
) -> None:
    """Say who may patch what in this environment: write that down, or compare it with what is installed.

    `lock` imports all providers that are installed, and writes a rule for each: its ids, its targets, and the SHA-256
    of its modules. Everything else that a policy there says, stays, and so does `allow = false`: such a provider is not
    imported. `check` imports only what the policy allows, and
    ends with 1 if something differs.
    """
    from backportkit.cli import policy as of

    code = of.lock(path, provider or []) if action is options.OfPolicy.LOCK else of.check(path)
    raise typer.Exit(code)
