"""`sbom --vex` says of each advisory where it stands, by what processes have read back and what is on disk."""

from __future__ import annotations

import json
import re

import openvex_rules
import pytest

pytestmark = pytest.mark.warm

OPENVEX = ("--vex", "openvex", "--author", "Security of Shop <security@shop.example>")
# What CycloneDX calls the status of OpenVEX.
STATES = {
    "fixed": {"resolved", "resolved_with_pedigree"},
    "affected": {"exploitable"},
    "under_investigation": {"in_triage"},
}
ADVISORY = "CVE-2024-0001"


def openvex(environment, *line, **options):
    """Return the statements of OpenVEX by advisory, of a document that is valid."""
    document = environment.document(*OPENVEX, *line, **options)
    openvex_rules.check(document)
    return {one["vulnerability"]["name"]: one for one in document["statements"]}


def statement(environment, *line, advisory=ADVISORY, **options):
    """Return the status of an advisory, and its notes."""
    found = openvex(environment, *line, **options)[advisory]
    return found["status"], found["status_notes"]


def in_both(environment, valid, *line, advisory=ADVISORY):
    """Return the status of an advisory, which both formats tell with the same notes and the same action."""
    found = openvex(environment, *line)[advisory]
    document = environment.document("--vex", "cyclonedx", *line)
    valid(document)
    (same,) = [one for one in document["vulnerabilities"] if one["id"] == advisory]
    assert same["analysis"]["state"] in STATES[found["status"]]
    assert same["analysis"]["detail"] == found["status_notes"]
    assert same.get("recommendation") == found.get("action_statement")
    return found["status"], found["status_notes"]


# --- three patches ---


def test_environment_with_three_patches(environment, valid):
    """A vulnerability whose backport is in effect is fixed, one whose fix is installed is, too; a plain bug is none."""
    line = ("--from", environment.reported())
    found = openvex(environment, *line)
    assert {name: one["status"] for name, one in found.items()} == {
        "CVE-2024-0001": "fixed",
        "CVE-2024-0002": "fixed",
        "GHSA-aaaa-bbbb-cccc": "fixed",
    }
    document = environment.document("--vex", "cyclonedx", *line)
    valid(document)
    assert {one["id"]: (one["analysis"]["state"], one["affects"]) for one in document["vulnerabilities"]} == {
        "CVE-2024-0001": ("resolved_with_pedigree", [{"ref": "victim==1.5"}]),
        "CVE-2024-0002": ("resolved", [{"ref": "other==2.0"}]),
        "GHSA-aaaa-bbbb-cccc": ("resolved_with_pedigree", [{"ref": "victim==1.5"}]),
    }


def test_statement_is_about_the_product_that_has_the_component(environment):
    """Fixed is the product, by its backport, and no release of the component."""
    (product,) = openvex(environment, "--from", environment.reported())[ADVISORY]["products"]
    assert product == {
        "@id": "pkg:pypi/shop@3.1",
        "identifiers": {"purl": "pkg:pypi/shop@3.1"},
        "subcomponents": [{"@id": "pkg:pypi/victim@1.5", "identifiers": {"purl": "pkg:pypi/victim@1.5"}}],
    }


def test_evidence_of_a_process(environment):
    """The notes name the backport and how many processes have read it back, and no machine; the time is theirs."""
    found = openvex(environment, "--from", environment.reported())[ADVISORY]
    (report,) = [json.loads(path.read_text("utf-8")) for path in (environment.folder / "reports").iterdir()]
    assert found["status_notes"].startswith("the backport victim-1 is in effect, read back in 1 process, the first at ")
    assert report["host"] not in json.dumps(found)
    assert found["timestamp"] == f"{report['written'][:19]}Z"


def test_fix_that_is_installed(environment, valid):
    """An advisory is fixed without a backport where the installed body has the fingerprint of upstream's fix."""
    status, notes = in_both(environment, valid, advisory="CVE-2024-0002")
    assert status == "fixed"
    assert notes.startswith("the installed body of other 2.0 is ast1:")


# --- never on a word ---


def test_no_report_is_no_evidence_of_an_effect(environment, valid):
    """A patch that fits is not called in effect before a process has said so."""
    status, notes = in_both(environment, valid)
    assert status == "affected"
    assert "no process has reported it; here it is waiting" in notes


@pytest.mark.parametrize(
    ("script", "off", "said"),
    [
        ("import victim; backportkit.unpatch('victim-1')", "", "1 process said: reverted: "),
        ("import victim", "victim-1", "1 process said: disabled: switched off by BACKPORTKIT_DISABLE"),
        ("pass", "", "1 process said: armed, and the target is not imported yet"),
        ("import victim; victim.f = None", "", "1 process said: conflict: "),
        (
            "import functools, victim; victim.f = functools.wraps(victim.f)(lambda f=victim.f: f())",
            "",
            "1 process said: applied: in effect in victim, beneath",
        ),
        ("backportkit.unregister('victim-1')", "", "1 process said: not declared"),
    ],
)
def test_process_without_the_patch(environment, script, off, said):
    """After unpatch and BACKPORTKIT_DISABLE, before the import, and beneath a wrapper, the product is affected."""
    status, notes = statement(environment, "--from", environment.reported(script, off=off))
    assert (status, said in notes) == ("affected", True), notes


def test_process_that_still_has_what_was_replaced(environment, valid):
    """A holder with a reference of its own to the bug is named; the product is affected: the patch came too late."""
    before = "import functools, victim\nROUTES = {'f': functools.partial(victim.f)}"
    line = ("--from", environment.reported(before=before))
    status, notes = in_both(environment, valid, *line)
    assert status == "affected"
    assert "applied: in effect in victim, and what was replaced is still had by: " in notes
    assert "ROUTES['f']" in notes
    (victim,) = [one for one in environment.document(*line)["components"] if one["name"] == "victim"]
    assert "pedigree" not in victim


def test_holders_are_counted_where_there_are_many(environment):
    """Three of those who have what was replaced are named, and the others counted."""
    before = "import functools, victim\nKEPT = [functools.partial(victim.f) for _ in range(5)]"
    _, notes = statement(environment, "--from", environment.reported(before=before))
    assert (notes.count("KEPT["), ", and 2 more" in notes) == (3, True), notes


def test_subclass_that_overrides_has_nothing_that_was_replaced(environment):
    """A class of others with a body of its own is none that runs the bug by a reference."""
    world = environment.world
    world.write("victim.py", f"{(environment.folder / 'victim.py').read_text('utf-8')}class C:\n    def m(self): ...\n")
    with (environment.folder / "provider.py").open("a", encoding="utf-8") as file:
        file.write(
            "\n@backport('victim:C.m', id='victim-2', requires='victim<2', resolves='CVE-2024-0004')\n"
            "def m(self):\n    'what breaks'\n"
        )
    before = "import victim\nclass D(victim.C):\n    def m(self): ..."
    assert statement(environment, "--from", environment.reported(before=before), advisory="CVE-2024-0004")[0] == "fixed"


def test_report_that_says_nothing_of_holders_is_no_evidence(environment):
    """A report of an older release does not say who has what was replaced, and so not that nobody has."""
    reports = environment.reported()
    (path,) = (environment.folder / reports).iterdir()
    document = json.loads(path.read_text("utf-8"))
    for one in document["patches"]:
        one.pop("held")
    path.write_text(json.dumps(document), encoding="utf-8")
    status, notes = statement(environment, "--from", reports)
    assert (status, "the report does not say who else has what was replaced" in notes) == ("affected", True)


def test_one_process_of_two_is_without_it(environment, valid):
    """The product is affected where one process is."""
    environment.reported()
    status, notes = in_both(environment, valid, "--from", environment.reported("import victim", off="victim-1"))
    assert status == "affected"
    assert "1 process said: disabled" in notes
    assert "1 process said: in effect" in notes


def test_one_process_of_two_has_not_imported_the_target(environment):
    """A patch that is read back in one process, and armed in the other, is in effect."""
    environment.reported()
    status, notes = statement(environment, "--from", environment.reported("pass"))
    assert status == "fixed"
    assert notes.endswith("; 1 process more will have it as the target is imported")


def test_drifted_body(environment, valid):
    """Of a body that has neither fingerprint nothing is known, also where a process says so."""
    environment.world.write("victim.py", "def f():\n    return 'drifted'\n")
    script = "import os; os.environ['BACKPORTKIT_ON_ERROR'] = 'warn'"
    environment.world.write("sitecustomize.py", script)
    for line in ((), ("--from", environment.reported("pass"))):
        status, notes = in_both(environment, valid, *line)
        assert status == "under_investigation"
        assert "has no known fingerprint; the backport victim-1 is not in effect" in notes


def test_report_of_another_body_is_no_evidence(environment):
    """A report about another patch under the id proves nothing about this one."""
    reports = environment.reported()
    text = (environment.folder / "provider.py").read_text("utf-8")
    environment.world.write("provider.py", text.replace('return "new"', 'return "newer"', 1))
    status, notes = statement(environment, "--from", reports)
    assert (status, "1 process said: another body under this id" in notes) == ("affected", True)


def test_report_of_another_release_is_no_evidence(environment):
    """A report of a process with another release proves nothing about the installed one."""
    reports = environment.reported()
    (environment.folder / "victim-1.5.dist-info").rename(environment.folder / "victim-1.6.dist-info")
    metadata = environment.folder / "victim-1.6.dist-info" / "METADATA"
    metadata.write_text("Metadata-Version: 2.1\nName: victim\nVersion: 1.6\n", encoding="utf-8")
    status, notes = statement(environment, "--from", reports)
    assert (status, "1 process said: it has victim 1.5" in notes) == ("affected", True)


def test_bug_in_a_release_out_of_range(environment):
    """A release that is out of the range, and has the body with the bug, is affected."""
    environment.world.write("other.py", "def f():\n    return 'old'\n")
    status, notes = statement(environment, advisory="CVE-2024-0002")
    assert status == "affected"
    assert "here it is dormant: other 2.0 is installed" in notes


def test_release_of_which_nothing_is_known(environment):
    """A release out of range with a body that no fingerprint names gets no statement: its version is no evidence."""
    environment.world.write("other.py", "def f():\n    return 'newer'\n")
    assert "CVE-2024-0002" not in openvex(environment)


def test_patch_without_a_fingerprint(environment):
    """A patch without a fingerprint tells by its range that there is the bug, and never that there is none."""
    text = (environment.folder / "provider.py").read_text("utf-8")
    at = text.index("**{", text.index("victim-1"))
    end = text.index("}", at) + 2
    environment.world.write("provider.py", text[:at] + text[end:])
    status, notes = statement(environment)
    assert (status, notes.startswith("victim 1.5 is in the range of the patch")) == ("affected", True)


def test_fixed_fingerprint_alone_tells_nothing_of_another_body(environment):
    """A body that is not upstream's fix is no evidence of the bug in a release out of range."""
    text = (environment.folder / "provider.py").read_text("utf-8")
    at = text.index("**{", text.index("other-1"))
    end = text.index("}", at) + 1
    environment.world.write("provider.py", f"{text[:at]}fixed='ast1:000000000000'{text[end:]}")
    assert "CVE-2024-0002" not in openvex(environment)


def test_of_two_patches_for_one_advisory_the_one_in_effect_counts(environment):
    """Each patch resolves what it says by itself; one that nobody asked for says nothing against it."""
    with (environment.folder / "provider.py").open("a", encoding="utf-8") as file:
        file.write(
            "\n@backport('victim:f', id='victim-0', requires='victim<2', opt_in=True, resolves='CVE-2024-0001')\n"
            "def older():\n    'the same, in another way'\n    return 'new'\n"
        )
    status, notes = statement(environment, "--from", environment.reported())
    assert (status, "victim-0" in notes) == ("fixed", False)


OFFERED = """
@backport('victim:f', id='victim-0', requires='victim<2', opt_in=True, resolves='CVE-2024-0009')
def offered():
    'the same, in another way'
    return 'new'
"""
ENABLE = "\n[tool.backportkit]\nenable = ['victim-0']\n"


def test_patch_that_nobody_has_asked_for(environment, valid):
    """An offer is no claim: it is in neither format, nor in the SBOM, until the project or a process asks for it."""
    with (environment.folder / "provider.py").open("a", encoding="utf-8") as file:
        file.write(OFFERED)
    line = ("--from", environment.reported())
    assert "CVE-2024-0009" not in openvex(environment) | openvex(environment, *line)
    assert "victim-0" not in json.dumps(environment.document("--vex", "cyclonedx", *line))
    asking = "backportkit.apply_all(enable='victim-0')"
    assert "CVE-2024-0009" in openvex(environment, "--from", environment.reported(asking, "asked"))
    project = environment.folder / "pyproject.toml"
    project.write_text(project.read_text("utf-8") + ENABLE, "utf-8")
    assert in_both(environment, valid, *line, advisory="CVE-2024-0009")[0] == "affected"


def of_scanner(environment, refs, *theirs):
    """Write a document as a scanner does, with the installed release of a package under several references."""
    part = {"type": "library", "name": "victim", "version": "1.5"}
    fields = {"specVersion": "1.6", "components": [part | {"bom-ref": ref} for ref in refs], "vulnerabilities": theirs}
    environment.world.write("bom.json", json.dumps({"bomFormat": "CycloneDX"} | fields))
    done = environment.run("--vex", "cyclonedx", "bom.json")
    assert done.returncode == 0, done.stderr
    assert done.stderr.startswith(environment.unreported)
    return json.loads(done.stdout), done.stderr.removeprefix(environment.unreported)


def test_vulnerability_that_a_scanner_has_written(environment, valid):
    """A vulnerability without an analysis gets one; one with another analysis stays, and that is told."""
    theirs = [
        {"id": ADVISORY, "affects": [{"ref": "v"}], "cwes": [400]},
        {"id": "GHSA-aaaa-bbbb-cccc", "affects": [{"ref": "v"}], "analysis": {"state": "in_triage"}},
    ]
    document, told = of_scanner(environment, ["v"], *theirs)
    valid(document)
    mended, left, *ours = document["vulnerabilities"]
    assert (mended["cwes"], mended["analysis"]["state"], left) == ([400], "exploitable", theirs[1])
    assert {one["id"] for one in ours} == {"GHSA-aaaa-bbbb-cccc", "CVE-2024-0002"}
    assert told == (
        "bom.json has an entry of its own for GHSA-aaaa-bbbb-cccc, which stays beside the one that is written: "
        "it says in_triage, for v; of victim 1.5 is said here exploitable\n"
    )


def test_release_that_stands_twice_is_affected_twice(environment, valid):
    """A statement is about each component of the release, and a scanner's entry for all of them gets the analysis."""
    document, told = of_scanner(environment, ["v", "w"], {"id": ADVISORY, "affects": [{"ref": "v"}, {"ref": "w"}]})
    valid(document)
    affects = {one["id"]: [each["ref"] for each in one["affects"]] for one in document["vulnerabilities"]}
    assert len(affects) == len(document["vulnerabilities"])
    assert (affects[ADVISORY], affects["GHSA-aaaa-bbbb-cccc"], told) == (["v", "w"], ["v", "w"], "")


def test_entry_for_one_of_two_components_is_completed(environment):
    """An entry of a scanner on one component of the release is said of the other one, too."""
    document, _ = of_scanner(environment, ["v", "w"], {"id": ADVISORY, "affects": [{"ref": "w"}]})
    found = [one for one in document["vulnerabilities"] if one["id"] == ADVISORY]
    assert [[each["ref"] for each in one["affects"]] for one in found] == [["w"], ["v"]]
    assert {one["analysis"]["state"] for one in found} == {"exploitable"}


# --- Python itself ---


def test_patch_of_the_standard_library(environment, valid):
    """The component of a patch of the standard library is the interpreter, which is added to the document."""
    points = environment.folder / "provider-1.0.dist-info" / "entry_points.txt"
    points.write_text("[backportkit.patches]\ncolorsys = provider\n", encoding="utf-8")
    environment.world.write(
        "provider.py",
        """
        from backportkit import backport

        @backport("colorsys:rgb_to_yiq", id="python-1", requires="python<4", resolves="CVE-2024-0003")
        def rgb_to_yiq(r, g, b):
            "what breaks"
        """,
    )
    document = environment.document("--vex", "cyclonedx")
    valid(document)
    (python,) = [one for one in document["components"] if one["name"] == "python"]
    assert (python["type"], python["purl"].partition("@")[0]) == ("platform", "pkg:generic/python")
    assert statement(environment, advisory="CVE-2024-0003")[0] == "affected"


# --- the product and the author ---


def test_product_that_is_named(environment):
    """The product is what `--product` names, before that of the project."""
    (product,) = openvex(environment, "--product", "pkg:oci/shop@sha256:abc")[ADVISORY]["products"]
    assert product["@id"] == "pkg:oci/shop@sha256:abc"
    document = environment.document("--product", "pkg:oci/shop@sha256:abc")
    assert document["metadata"]["component"]["name"] == "shop"


def test_product_of_a_document(environment):
    """The product is that of the document, where there is one."""
    about = {"component": {"type": "application", "name": "x", "purl": "pkg:pypi/x@1"}}
    text = json.dumps({"bomFormat": "CycloneDX", "specVersion": "1.6", "metadata": about})
    environment.world.write("bom.json", text)
    (product,) = openvex(environment, "bom.json")[ADVISORY]["products"]
    assert product["@id"] == "pkg:pypi/x@1"


def test_document_of_another_environment_names_no_product(environment):
    """A document that has another release than the one that is installed is no word about this environment."""
    about = {"component": {"type": "application", "name": "x", "purl": "pkg:pypi/x@1"}}
    there = [{"type": "library", "name": "victim", "version": "1.4"}]
    text = json.dumps({"bomFormat": "CycloneDX", "specVersion": "1.6", "metadata": about, "components": there})
    environment.world.write("bom.json", text)
    done = environment.run(*OPENVEX, "bom.json")
    assert (done.returncode, "bom.json is not of this environment" in done.stderr) == (2, True)


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ((), "a VEX document is about a product, and nothing names it"),
        (("--product", "shop"), "'shop' is no package URL"),
    ],
)
def test_product_that_nobody_names(environment, line, said):
    """Without a product, or with one that is none, nothing is written."""
    (environment.folder / "pyproject.toml").unlink()
    done = environment.run(*OPENVEX, *line)
    assert (done.returncode, done.stdout) == (2, "")
    assert said in done.stderr


def test_sbom_without_a_product(environment, valid):
    """An SBOM needs none."""
    (environment.folder / "pyproject.toml").unlink()
    document = environment.document()
    valid(document)
    assert "component" not in document["metadata"]


@pytest.mark.parametrize("line", [("--vex", "openvex"), ("--author", "me"), (*OPENVEX[:2], "--author", " ")])
def test_author(environment, line):
    """An OpenVEX document has an author, who is named by `--author`, and no other document has one."""
    done = environment.run(*line)
    assert done.returncode == 2
    assert "names its author" in " ".join(re.sub("[─-╿]", " ", done.stderr).split())


def test_nothing_to_write_about(environment):
    """Where no patch names an advisory, no document is written."""
    environment.world.write("provider.py", "")
    done = environment.run(*OPENVEX)
    assert (done.returncode, "there is no advisory to write about" in done.stderr) == (2, True)


def test_the_same_facts_give_the_same_document(environment):
    """SOURCE_DATE_EPOCH is the time of the document, and its id follows from its content."""
    first, second = environment.run(*OPENVEX), environment.run(*OPENVEX)
    assert first.stdout == second.stdout
    document = json.loads(first.stdout)
    assert document["timestamp"] == "2025-11-30T10:53:20Z"
    assert document["@id"].startswith("urn:uuid:")
