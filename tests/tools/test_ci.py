"""What docs/ci.md shows is accepted by the systems that it is for, and does there as the page says."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

pytestmark = pytest.mark.tools

ROOT = Path(__file__).parents[2]
BLOCKS = re.findall(r"```yaml\n# (\S+)\n(.*?)```", (ROOT / "docs/ci.md").read_text("utf-8"), re.DOTALL)
ACTION, TEMPLATE = ROOT / "docs/ci/action.yml", ROOT / "docs/ci/gitlab.yml"
GIT, BASH = shutil.which("git"), shutil.which("bash")
BACKPORTS = '''
from backportkit import backport


@backport(
    "zipp:_ancestry",
    requires="zipp>=0.6.0,<3.20.1",
    fixes="https://github.com/advisories/GHSA-jfmj-5v4g-7637",
    id="zipp-cve-2024-5569",
    namespace="target",
    reproducer="mine.reproducers:zipp",
)
def _ancestry(path):
    """A zip file with a name like '//a' is an endless loop."""
    path = path.rstrip(posixpath.sep)  # noqa: F821
    while path.rstrip(posixpath.sep):  # noqa: F821
        yield path
        path, tail = posixpath.split(path)  # noqa: F821
'''
REPRODUCERS = '''
def zipp():
    """Look at more ancestors than there are."""
    import itertools

    import zipp

    assert len(list(itertools.islice(zipp._ancestry("//a"), 5))) == 1
'''
PYPROJECT = """
[project]
name = "mine"
version = "1.0"
requires-python = ">=3.10"
dependencies = ["backportkit", "zipp==3.19.2"]

[tool.backportkit]
modules = ["mine.backports"]
"""


@pytest.fixture(scope="module")
def tools(make_tools, project):
    """An environment with a release of zipp that has the bug, backportkit's commands, and tools that know formats."""
    return make_tools("ci", f"{project}[retire]", "zipp==3.19.2", "pre-commit", "check-jsonschema", "zizmor")


@pytest.fixture
def repository(tmp_path):
    """A project with a patch of that bug, in the release that it is held at."""
    folder = tmp_path / "mine"
    files = {
        "src/mine/__init__.py": "",
        "src/mine/backports.py": BACKPORTS.lstrip(),
        "src/mine/reproducers.py": REPRODUCERS.lstrip(),
        "pyproject.toml": PYPROJECT.lstrip(),
    }
    for name, text in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text, "utf-8")
    git(folder, "init", "--quiet")
    git(folder, "add", "--all")
    return folder


def git(folder, *arguments):
    identity = ("-c", "user.name=me", "-c", "user.email=me@example.org")
    return subprocess.run([GIT, *identity, *arguments], cwd=folder, capture_output=True, text=True, check=True)


def outgrow(repository):
    """Have the project require the release with the fix."""
    path = repository / "pyproject.toml"
    path.write_text(path.read_text("utf-8").replace("zipp==3.19.2", "zipp>=3.20.1"), "utf-8")


@pytest.fixture
def commit(tools, repository, tmp_path):
    """Commit all with the hook of docs/ci.md installed, out of a repository with the hook; return the process."""
    hooks = tmp_path / "backportkit"
    hooks.mkdir()
    shutil.copy(ROOT / ".pre-commit-hooks.yaml", hooks)
    git(hooks, "init", "--quiet")
    git(hooks, "add", "--all")
    git(hooks, "commit", "--quiet", "-m", "hooks")
    git(hooks, "tag", "v0.1.0")
    text = dict(BLOCKS)[".pre-commit-config.yaml"].replace("https://github.com/backportkit/backportkit", str(hooks))
    (repository / ".pre-commit-config.yaml").write_text(text, "utf-8")
    kept = {"PRE_COMMIT_HOME": str(tmp_path / "kept"), "COLUMNS": "80"}
    tools.lines("pre-commit", "install", cwd=repository, **kept)
    identity = {"GIT_AUTHOR_NAME": "me", "GIT_AUTHOR_EMAIL": "a@b", "GIT_COMMITTER_NAME": "me"}

    def run():
        git(repository, "add", "--all")
        return tools.start(GIT, "commit", "-m", "change", cwd=repository, GIT_COMMITTER_EMAIL="a@b", **identity, **kept)

    return run


def test_hook_lets_a_commit_pass(commit):
    """A commit passes while the project needs its patch."""
    done = commit()
    assert (done.returncode, "backportkit check" in done.stderr, "Passed" in done.stderr) == (0, True, True), done


def test_hook_refuses_and_its_next_step_mends(tools, commit, repository):
    """A commit that outgrows the patch is refused as the page shows; once the patch is retired, it passes."""
    outgrow(repository)
    refused = commit()
    assert refused.returncode == 1
    said = refused.stderr[refused.stderr.index("backportkit check...") :].splitlines()
    assert "\n".join(said[:4]) in (ROOT / "docs/ci.md").read_text("utf-8")
    assert {"BK402", "removable:", "zipp-cve-2024-5569", "retire"} <= set(" ".join(said).split())
    git(repository, "commit", "--quiet", "--no-verify", "-m", "kept to be mended")
    tools.lines("backportkit", "retire", "zipp-cve-2024-5569", "--yes", cwd=repository)
    assert commit().returncode == 0
    assert not (repository / "src/mine/backports.py").exists()


SCHEMAS = {
    ".github/workflows/backports.yml": "github-workflows",
    ".github/workflows/code-scanning.yml": "github-workflows",
    ".github/workflows/patches-by-hand.yml": "github-workflows",
    ".github/workflows/upstream.yml": "github-workflows",
    ".gitlab-ci.yml": "gitlab-ci",
}


@pytest.mark.parametrize("name", SCHEMAS)
def test_files_of_the_page(tools, tmp_path, name):
    """Each file that the page shows for GitHub and GitLab is one by the published schema."""
    (tmp_path / "shown.yml").write_text(dict(BLOCKS)[name], "utf-8")
    tools.lines("check-jsonschema", "--builtin-schema", f"vendor.{SCHEMAS[name]}", "shown.yml", cwd=tmp_path)


def test_files_of_the_repository(tools):
    """The action, the template, the hook and the issue form are what GitHub, GitLab and pre-commit read."""
    tools.lines("check-jsonschema", "--builtin-schema", "vendor.github-actions", ACTION, cwd=ROOT)
    tools.lines("check-jsonschema", "--builtin-schema", "vendor.gitlab-ci", TEMPLATE, cwd=ROOT)
    forms = ROOT / ".github/ISSUE_TEMPLATE"
    tools.lines(
        "check-jsonschema", "--builtin-schema", "vendor.github-issue-forms", *forms.glob("patch*.yml"), cwd=ROOT
    )
    tools.lines("check-jsonschema", "--builtin-schema", "vendor.github-issue-config", forms / "config.yml", cwd=ROOT)
    tools.lines("pre-commit", "validate-manifest", ".pre-commit-hooks.yaml", cwd=ROOT)
    assert len(BLOCKS) == len(SCHEMAS) + 1


def test_nothing_for_who_attacks_a_workflow(tools, tmp_path):
    """zizmor finds no expression in a script, no credentials that stay and no permission that is not needed."""
    workflows = tmp_path / ".github/workflows"
    workflows.mkdir(parents=True)
    for name, text in BLOCKS:
        if name.startswith(".github/"):
            (tmp_path / name).write_text(text, "utf-8")
    shutil.copy(ACTION, tmp_path / "action.yml")
    # Releases by their names are easier to read; whoever wants hashes has tools that write them.
    rules = "rules:\n  unpinned-uses:\n    disable: true\n"
    (tmp_path / "zizmor.yml").write_text(rules, "utf-8")
    done = tools.start("zizmor", "--offline", "--no-progress", "--config", "zizmor.yml", ".", cwd=tmp_path)
    assert done.returncode == 0, done.stdout + done.stderr


def loaded(tools, path):
    """The content of a YAML file."""
    script = "import json, ruamel.yaml as y, sys; print(json.dumps(y.YAML(typ='safe').load(open(sys.argv[1]))))"
    return json.loads(tools.lines("python", "-c", script, path, cwd=path.parent)[0])


@pytest.fixture
def act(tools, repository):
    """Run the action in the project, with inputs, as a runner does: each is in a variable, as the action says."""
    action = loaded(tools, ACTION)
    (step,) = action["runs"]["steps"]
    defaults = {name: one["default"] for name, one in action["inputs"].items()}

    def run(**inputs):
        given = defaults | inputs
        named = {name: re.fullmatch(r"\$\{\{ inputs\.(\w+) \}\}", text)[1] for name, text in step["env"].items()}
        variables = {name: given[one] for name, one in named.items()}
        return tools.start(
            BASH, "--noprofile", "--norc", "-eo", "pipefail", "-c", step["run"], cwd=repository, **variables
        )

    return run


def test_action(act, repository):
    """The job passes while the patch is needed, and fails with an annotation once it can be deleted."""
    done = act()
    assert (done.returncode, "::error" in done.stdout) == (0, False), done.stdout + done.stderr
    outgrow(repository)
    done = act()
    assert done.returncode == 3
    assert "::warning file=src/mine/backports.py,line=4,title=BK402 removable::zipp-cve-2024-5569: " in done.stdout


def test_inputs_of_the_action(act, repository):
    """`removable` lets the job pass, `sarif` writes a file, and `what` and `python` name others."""
    outgrow(repository)
    assert act(removable="pass", sarif="backports.sarif").returncode == 0
    (run,) = json.loads((repository / "backports.sarif").read_text("utf-8"))["runs"]
    assert [one["ruleId"] for one in run["results"]] == ["BK402"]
    assert "zipp-cve-2024-5569" not in act(what="backportkit").stdout
    assert act(python=sys.executable, what="nothing-of-that-name").returncode == 2


@pytest.mark.parametrize(("name", "value"), [("upstream", "True"), ("removable", "Pass"), ("removable", "")])
def test_input_that_the_action_does_not_know(act, name, value):
    """A value that is mistyped is an error at the input, and nothing that is left out."""
    done = act(**{name: value})
    assert (done.returncode, f"the input {name} takes " in done.stdout) == (2, True)
    assert f"and has '{value}'" in done.stdout


def test_folder_of_the_file_for_code_scanning(act, repository):
    """The folder is made, and where nothing can be judged there is no file, which nobody could read."""
    assert act(sarif="new/folder/backports.sarif").returncode == 0
    assert json.loads((repository / "new/folder/backports.sarif").read_text("utf-8"))["version"] == "2.1.0"
    assert act(sarif="new/folder/other.sarif", what="nothing-of-that-name").returncode == 2
    assert not (repository / "new/folder/other.sarif").exists()


def script(template, job):
    """The script of a job with the variables that it inherits, in one text."""
    whole = template[template[job].get("extends", job)]
    variables = whole["variables"] | template[job].get("variables", {})
    lines = [f"{name}={value!r}" for name, value in variables.items()]
    return "\n".join(["set -eo pipefail", *lines, *whole["script"]])


def test_template(tools, repository):
    """GitLab's job writes a report of Code Quality; what can be deleted is a warning, what is broken is none."""
    template = loaded(tools, TEMPLATE)
    job = template[".backportkit-check"]
    outgrow(repository)
    done = tools.start(BASH, "-c", script(template, ".backportkit-check"), cwd=repository)
    assert (done.returncode, job["allow_failure"]) == (3, {"exit_codes": 3}), done.stdout + done.stderr
    (issue,) = json.loads((repository / job["artifacts"]["reports"]["codequality"]).read_text("utf-8"))
    assert issue["location"] == {"path": "src/mine/backports.py", "lines": {"begin": 4}}
    assert issue["check_name"] == "BK402"


def test_weekly_job_of_the_template(tools, repository):
    """It asks the index, and names the release with the fix; that is a warning, and the job passes."""
    text = script(loaded(tools, TEMPLATE), ".backportkit-upstream")
    done = tools.start(BASH, "-c", text, cwd=repository, BACKPORTKIT_CACHE=str(repository / "kept"), COLUMNS="1000")
    assert done.returncode == 0, done.stdout + done.stderr
    assert "BK501" in done.stdout
    assert "zipp 3.20.1 of 2024-08-26" in done.stdout
