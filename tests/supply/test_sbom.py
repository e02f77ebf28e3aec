"""`backportkit sbom` writes the patches of each component, and what is known of them, as CycloneDX wants it."""

from __future__ import annotations

import hashlib
import json

import pytest

pytestmark = pytest.mark.warm

EVIDENCE = "backportkit:patch:victim-1:evidence"


def properties(component):
    return {one["name"]: one["value"] for one in component.get("properties", [])}


def patches(component):
    return component.get("pedigree", {}).get("patches", [])


def bom(environment, **fields):
    """Write a document as cyclonedx-py does; return its name."""
    component = {"type": "library", "name": "Victim", "version": "1.5", "bom-ref": "v", "purl": "pkg:pypi/victim@1.5"}
    document = {"bomFormat": "CycloneDX", "specVersion": "1.6", "version": 1, "components": [component]} | fields
    environment.world.write("bom.json", json.dumps(document))
    return "bom.json"


def refused(environment, *line, **env):
    done = environment.run(*line, **env)
    assert (done.returncode, done.stdout) == (2, "")
    return done.stderr


# --- made anew ---


def test_document_of_the_environment(environment, valid):
    """The document has what is installed, and the product of the project here, and is as the schema wants it."""
    document = environment.document()
    valid(document)
    components = {one["name"]: one.get("purl") for one in document["components"]}
    assert components.items() >= {"victim": "pkg:pypi/victim@1.5", "packaging": components["packaging"]}.items()
    assert document["metadata"]["component"]["purl"] == "pkg:pypi/shop@3.1"
    assert document["metadata"]["tools"]["components"][0]["name"] == "backportkit"


def test_what_is_installed_requires_what_is_installed(environment):
    """The document has who requires whom."""
    requires = {one["ref"]: one.get("dependsOn", []) for one in environment.document()["dependencies"]}
    (pytest_itself,) = [ref for ref in requires if ref.startswith("pytest==")]
    assert any(ref.startswith("pluggy==") for ref in requires[pytest_itself])


def test_requirement_that_is_none_is_passed_over(environment):
    """A distribution whose metadata are wrong is in the document, without what it requires."""
    metadata = environment.folder / "plain-1.0.dist-info" / "METADATA"
    metadata.write_text("Metadata-Version: 2.1\nName: plain\nVersion: 1.0\nRequires-Dist: !\n", encoding="utf-8")
    assert environment.component("plain")["version"] == "1.0"


def test_distribution_without_a_version_is_no_component(environment):
    """Metadata that do not say a version are passed over."""
    environment.world.write("broken-1.dist-info/METADATA", "Metadata-Version: 2.1\nName: broken\n")
    assert not [one for one in environment.document()["components"] if one["name"] == "broken"]


def test_patch_of_what_is_not_installed_is_not_written(environment):
    """A patch whose package is absent is of no component."""
    text = (environment.folder / "provider.py").read_text("utf-8")
    environment.world.write("provider.py", text.replace("plain<2", "absent<2"))
    assert "plain-1" not in json.dumps(environment.document())


def test_patches_that_fit_are_written_with_their_diff(environment, valid):
    """Without a report, the patches that a program would apply are in the pedigree: with type, diff, and issues."""
    document = environment.document()
    valid(document)
    of = {one["name"]: patches(one) for one in document["components"] if patches(one)}
    assert {name: [one["type"] for one in each] for name, each in of.items()} == {
        "victim": ["backport"],
        "plain": ["monkey"],
    }
    diff = of["victim"][0]["diff"]["text"]
    assert diff["contentType"] == "text/x-diff"
    assert "--- victim 1.5  victim:f\n+++ victim-1  victim:f\n" in diff["content"]
    assert "-    return 'old'" in diff["content"]
    assert '+    return "new"' in diff["content"]
    assert str(environment.folder) not in json.dumps(document)
    (victim,) = [one for one in document["components"] if one["name"] == "victim"]
    assert properties(victim)["backportkit:patch:victim-1:in-force"] == "expected"


def test_what_a_patch_resolves(environment):
    """An advisory is a security issue with its id and its address; a plain bug is a defect."""
    security = patches(environment.component("victim"))[0]["resolves"]
    assert {(one["type"], one["id"], one["source"]["url"]) for one in security} == {
        ("security", "CVE-2024-0001", "https://nvd.nist.gov/vuln/detail/CVE-2024-0001"),
        ("security", "GHSA-aaaa-bbbb-cccc", "https://github.com/advisories/GHSA-aaaa-bbbb-cccc"),
    }
    assert security[0]["references"] == ["https://upstream.example/pull/1", "https://upstream.example/news"]
    (defect,) = patches(environment.component("plain"))[0]["resolves"]
    assert defect == {"type": "defect", "description": "plain.f() gives the old thing"}


def test_issue_without_an_id_is_a_defect(environment):
    """An address in `resolves` is the source of a defect."""
    text = (environment.folder / "provider.py").read_text("utf-8")
    environment.world.write(
        "provider.py", text.replace('"CVE-2024-0001", "GHSA-aaaa-bbbb-cccc"', '"https://x.example/7"')
    )
    (issue,) = patches(environment.component("victim"))[0]["resolves"]
    assert (issue["type"], issue["source"], "id" in issue) == ("defect", {"url": "https://x.example/7"}, False)


def test_helpers_are_in_the_diff(environment):
    """The diff has all code that the patch brings, and an import that it adds; what has no source is said."""
    more = """
        from backportkit import Edit, Patch, register
        def helper(): return "new"
        def k(): return helper()
        register(Patch(id="victim-2", summary="s", requires="victim<2", edits=[
            Edit(target="victim:k", replacement="provider:k", how="add"),
            Edit(target="victim:dumps", replacement="provider:dumps", how="add"),
            Edit(target="victim:gone", replacement="provider:k"),
        ]))
        from json import dumps
    """
    environment.world.write("provider.py", f"{(environment.folder / 'provider.py').read_text('utf-8')}")
    with (environment.folder / "provider.py").open("a", encoding="utf-8") as file:
        file.write("\n".join(line[8:] for line in more.splitlines()))
    text = patches(environment.component("victim"))[1]["diff"]["text"]["content"]
    assert "+def helper(): return" in text
    assert "+# the import of json:dumps" in text
    assert "-# no source: " in text


# --- what is in force, by the evidence there is ---


def test_patch_that_a_process_has_read_back(environment, valid):
    """With reports, the properties say what was read back; the pedigree has what is in force in all processes."""
    document = environment.document("--from", environment.reported())
    valid(document)
    (victim,) = [one for one in document["components"] if one["name"] == "victim"]
    told = properties(victim)
    assert len(patches(victim)) == 1
    assert told["backportkit:patch:victim-1:in-force"] == "true"
    assert told[EVIDENCE].startswith("the backport victim-1 is in effect, read back in 1 process, the first at 20")
    assert told["backportkit:patch:victim-1:content"].startswith("sha256:")
    assert told["backportkit:patch:victim-1:proof"] == "none is kept"


@pytest.mark.parametrize(
    ("script", "off", "said"),
    [
        ("import victim; backportkit.unpatch('victim-1')", "", "1 process said: reverted: "),
        ("import victim", "victim-1", "1 process said: disabled: switched off by BACKPORTKIT_DISABLE"),
    ],
)
def test_patch_that_a_process_has_not(environment, script, off, said):
    """A patch that was taken out, or switched off, is no patch of the component, and the property says why."""
    victim = environment.component("victim", "--from", environment.reported(script, off=off))
    assert patches(victim) == []
    assert properties(victim)["backportkit:patch:victim-1:in-force"] == "false"
    assert said in properties(victim)[EVIDENCE]


def test_patch_that_is_switched_off_here(environment):
    """Without reports, a patch that is switched off by BACKPORTKIT_DISABLE is no patch of the component."""
    victim = environment.component("victim", off="victim-1")
    assert patches(victim) == []
    assert "here it is disabled: switched off by BACKPORTKIT_DISABLE" in properties(victim)[EVIDENCE]


def test_drifted_body(environment):
    """A patch that was written against another body is no patch of the component."""
    environment.world.write("victim.py", "def f():\n    return 'drifted'\n")
    victim = environment.component("victim")
    assert patches(victim) == []
    assert "the installed body, ast1:" in properties(victim)[EVIDENCE]


def test_release_of_which_nothing_is_known_is_not_written_about(environment):
    """A patch for another release, whose fingerprints tell nothing of the installed body, is not named."""
    environment.world.write("other.py", "def f():\n    return 'newer'\n")
    assert properties(environment.component("other")) == {}


def test_target_that_waits_in_all_processes_is_in_force(environment):
    """A patch that all processes have armed is in the pedigree, though no process has read it back."""
    victim = environment.component("victim", "--from", environment.reported("pass"))
    assert len(patches(victim)) == 1
    assert "1 process said: armed, and the target is not imported yet" in properties(victim)[EVIDENCE]


def test_two_processes_that_differ(environment):
    """A patch that one process has and another has not is in force nowhere."""
    environment.reported()
    victim = environment.component("victim", "--from", environment.reported("import victim", off="victim-1"))
    assert patches(victim) == []


# --- the proof ---


@pytest.mark.parametrize(
    ("tried", "content", "said"),
    [
        ({"version": "1.5", "outcome": "proved"}, None, "proved with victim 1.5"),
        ({"version": "1.4", "outcome": "proved"}, None, "proved with 1.4, not victim 1.5"),
        ({"version": "1.5", "outcome": "broken"}, None, "it proves nothing"),
        ({"version": "1.5", "outcome": "proved"}, "0" * 64, "it is about another body under this id"),
    ],
)
def test_proof_that_the_project_keeps(environment, valid, tried, content, said):
    """The proof is an external reference, with its hash, and a property says what it proves of the release here."""
    cell = {"python": "3.11.7", "declared": True, "message": ""} | tried
    names = {"patch": "victim-1", "summary": "s", "package": "victim", "requires": "victim<2", "fixes": None}
    proof = {**names, "holds": True, "right": None, "platform": "p", "cells": [cell], "content": content}
    path = environment.world.write("proofs/victim-1.json", json.dumps(proof))
    document = environment.document()
    valid(document)
    (victim,) = [one for one in document["components"] if one["name"] == "victim"]
    (reference,) = victim["externalReferences"]
    assert (reference["type"], reference["url"]) == ("evidence", "proofs/victim-1.json")
    assert reference["hashes"] == [{"alg": "SHA-256", "content": hashlib.sha256(path.read_bytes()).hexdigest()}]
    assert properties(victim)["backportkit:patch:victim-1:proof"] == said


# --- a document of somebody else ---


def test_document_is_added_to(environment, valid):
    """What stood in a document stays, with its serial number; its version is raised, and its tools are one more."""
    serial = "urn:uuid:00000000-0000-4000-8000-000000000000"
    about = {"component": {"type": "application", "name": "own"}, "tools": [{"name": "theirs"}]}
    notes = [{"subjects": ["v"], "annotator": {"individual": {"name": "x"}}, "timestamp": "2026-01-01T00:00:00Z"}]
    fields = {"serialNumber": serial, "metadata": about, "annotations": [notes[0] | {"text": "kept"}]}
    document = environment.document(bom(environment, **fields))
    valid(document)
    assert (document["serialNumber"], document["version"]) == (serial, 2)
    assert document["annotations"][0]["text"] == "kept"
    assert document["metadata"]["component"]["name"] == "own"
    assert [one["name"] for one in document["metadata"]["tools"]] == ["theirs", "backportkit"]
    assert [one["name"] for one in document["components"]] == ["Victim", "plain"]
    assert len(patches(document["components"][0])) == 1


def test_document_of_1_7_from_stdin(environment, valid):
    """A newer release of the format is read, too, from stdin as well."""
    text = (environment.folder / bom(environment, specVersion="1.7")).read_text("utf-8")
    environment.world.write("call.py", f"import io, sys; sys.stdin = io.TextIOWrapper(io.BytesIO({text.encode()!r}))")
    lines = "exec(open('call.py').read()); sys.argv = ['backportkit', 'sbom', '-']"
    script = f"{lines}; from backportkit.__main__ import main; main()"
    done = environment.world.start(script, env={"BACKPORTKIT_DISABLE": "provider:backportkit"})
    document = json.loads(done.stdout)
    valid(document)
    assert document["specVersion"] == "1.7"


def test_document_with_a_byte_order_mark(environment):
    """A document that begins with the mark of UTF-8, as some tools write it, is read."""
    path = environment.folder / bom(environment)
    path.write_bytes(b"\xef\xbb\xbf" + path.read_bytes())
    assert environment.document("bom.json")["components"][0]["name"] == "Victim"


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("<bom/>", "bom.json is no JSON"),
        ("[]", "bom.json is no document of CycloneDX"),
        ('{"bomFormat": "CycloneDX", "specVersion": "1.5"}', "is of a release of CycloneDX that cannot be used"),
        (
            '{"bomFormat": "CycloneDX", "specVersion": "1.6", "components": [{}]}',
            "is not as the schema of CycloneDX",
        ),
    ],
)
def test_document_that_is_none(environment, text, said):
    """A document that cannot be used is refused, and how to make another one is told."""
    environment.world.write("bom.json", text)
    assert said in refused(environment, "bom.json")


def test_document_that_is_not_there(environment):
    """A file that cannot be read is named."""
    assert "bom.json cannot be read" in refused(environment, "bom.json")


def test_document_of_another_environment(environment):
    """A document that has another release than the one that is installed is refused."""
    name = bom(environment, components=[{"type": "library", "name": "victim", "version": "1.4"}])
    said = refused(environment, name)
    assert "bom.json is not of this environment" in said
    assert "victim 1.5, as it is installed here" in said


def test_package_url_of_another_release(environment):
    """A component whose package URL is of another release is not the installed one, whatever its version says."""
    part = {"type": "library", "name": "victim", "version": "1.5", "purl": "pkg:pypi/victim@1.4"}
    assert "victim 1.5 (pkg:pypi/victim@1.4)" in refused(environment, bom(environment, components=[part]))


@pytest.mark.parametrize("purl", ["pkg:pypi/victim", "pkg:pypi/victim@1.5?extension=whl", "pkg:PyPI/victim@1.5"])
def test_package_url_of_the_release(environment, purl):
    """A package URL without a version contradicts none; qualifiers and capital letters tell nothing of the release."""
    part = {"type": "library", "name": "victim", "version": "1.5", "purl": purl}
    assert len(patches(environment.document(bom(environment, components=[part]))["components"][0])) == 1


def test_other_release_besides_the_installed_one(environment):
    """Nothing is written of another release that a document has, too, such as a vendored copy, and that is told."""
    part = {"type": "library", "name": "victim", "bom-ref": "v"}
    parts = [part | {"version": "1.4"}, part | {"version": "1.5", "bom-ref": "w"}]
    done = environment.run(bom(environment, components=parts))
    other, same = [one for one in json.loads(done.stdout)["components"] if one["name"] == "victim"]
    assert (other, len(patches(same))) == (parts[0], 1)
    said = "bom.json has victim 1.4 besides victim 1.5, as it is installed here: nothing is said of that\n"
    assert done.stderr == said


def test_each_component_of_the_release_has_the_patches(environment, valid):
    """A release that stands in a document twice, or within another component, is patched there, and none is added."""
    part = {"type": "library", "name": "victim", "version": "1.5"}
    outer = {"type": "application", "name": "shop", "components": [part]}
    document = environment.document(bom(environment, components=[outer, part]), "--vex", "cyclonedx")
    valid(document)
    holding, again = document["components"][:2]
    (within,) = holding["components"]
    assert (len(patches(within)), len(patches(again)), again["bom-ref"]) == (1, 1, "victim==1.5#2")
    assert [one["name"] for one in document["components"]].count("victim") == 1


def test_component_of_another_ecosystem_is_another_one(environment):
    """A component of the same name that is no distribution is left alone."""
    of_npm = {"type": "library", "name": "victim", "version": "9", "purl": "pkg:npm/victim@9"}
    there, added, _ = environment.document(bom(environment, components=[of_npm]))["components"]
    assert (there, added["purl"]) == (of_npm, "pkg:pypi/plain@1.0")


def test_document_that_has_our_patches_is_refused(environment):
    """Patches are written once: a document that the command has written is no longer what is to be added to."""
    environment.run("--output", "bom.json")
    assert "bom.json has patches of other already" in refused(environment, "bom.json")


# --- what is written ---


def test_provider_that_cannot_be_read(environment):
    """Where a provider cannot be read, nothing is written: its patches would be left out."""
    environment.world.write("provider.py", "import gone")
    assert "No module named 'gone'" in refused(environment)


def test_the_same_facts_give_the_same_document(environment):
    """SOURCE_DATE_EPOCH is the time of the document, and its serial number follows from its content."""
    first, second = environment.run(), environment.run()
    assert first.stdout == second.stdout
    document = json.loads(first.stdout)
    assert document["metadata"]["timestamp"] == "2025-11-30T10:53:20Z"
    later = environment.document(SOURCE_DATE_EPOCH="1764500001")
    assert later["serialNumber"] != document["serialNumber"]


def test_moment_that_is_none(environment):
    """A SOURCE_DATE_EPOCH that is no number is told."""
    assert "SOURCE_DATE_EPOCH is no moment" in refused(environment, SOURCE_DATE_EPOCH="now")


def test_file(environment):
    """`--output` writes a file, whole, and says so; one that cannot be written is named."""
    done = environment.run("--output", "bom.json")
    assert (done.returncode, done.stdout) == (0, "wrote bom.json\n")
    assert json.loads((environment.folder / "bom.json").read_text("ascii"))["bomFormat"] == "CycloneDX"
    assert "absent/bom.json cannot be written" in refused(environment, "--output", "absent/bom.json")
    assert ". cannot be written\n  found:    Is a directory\n" in refused(environment, "--output", ".")


def test_no_secret_is_written(environment, world):
    """A secret of the environment is in no document, printed or written."""
    text = (environment.folder / "provider.py").read_text("utf-8")
    world.write("provider.py", text.replace('return "new"', 'return "canary-12345"'))
    options = {"PIP_SECRET": "canary-12345"}
    assert "canary" not in environment.run(**options).stdout
    environment.run("--output", "bom.json", **options)
    assert "canary" not in (environment.folder / "bom.json").read_text("ascii")


def test_hidden_characters_are_escaped(environment, world):
    """What a terminal would obey stands in a document as an escape of JSON."""
    text = (environment.folder / "provider.py").read_text("utf-8")
    world.write("provider.py", text.replace('"f() gives the old thing"', '"f() gives \\x1b[31m \\u202e the old thing"'))
    done = environment.run()
    assert done.stdout.isascii()
    assert "\x1b" not in done.stdout
    assert "\\u202e" in done.stdout


def test_the_extra_is_named_where_the_library_is_missing(environment):
    """Without the library of CycloneDX, the command says which extra brings it."""
    script = """
        sys.modules["packageurl"] = None
        sys.argv = ["backportkit", "sbom"]
        from backportkit.__main__ import main
        main()
    """
    done = environment.world.start(script)
    assert done.stderr == (
        "backportkit: this command needs packageurl, which is not installed\n"
        "  next:     install 'backportkit[sbom]' from where backportkit was installed, such as by pip\n"
    )
