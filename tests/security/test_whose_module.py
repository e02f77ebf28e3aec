"""A module of somebody whom the policy does not allow is not executed, whoever names it: by what installers leave."""

from __future__ import annotations

import json
import zipfile

import pytest

pytestmark = pytest.mark.warm

DENIED = "[providers.evil]\nallow = false\n"
UNNAMED = 'default = "deny"\n[providers.good]\n'
EVIL = {"evil/__init__.py": "", "evil/backports.py": "", "evil/fixes.py": "def f(*_): return 'evil'\n"}
USE = "import backportkit, victim; {}; backportkit.apply_all(); print(victim.f())"
STATUS = "print(*[one.reason for one in backportkit.status() if one.id == 'good-1'])"


class Company:
    """A policy, a package with a bug, a provider that is allowed, and another one whose modules leave a mark."""

    def __init__(self, world, tmp_path):
        self.world, self.folder, self.mark = world, tmp_path, tmp_path / "mark"
        world.distribution("victim", "1.0")
        world.write("victim/__init__.py", "def f(): return 'old'\n")
        self.world.write("good/__init__.py", "")
        self.good = world.distribution("good", "1.0", {"victim": "good.backports"})
        self.record(self.good, "good/__init__.py", "good/backports.py")

    def record(self, info, *files):
        (info / "RECORD").write_text("".join(f"{one},,\n" for one in files), "utf-8")

    def evil(self, root="", package="other"):
        """Write the modules of the other provider into a folder; return its metadata, which list no files."""
        for name, text in EVIL.items():
            self.world.write(f"{root}{name}", f"open({str(self.mark)!r}, 'a').write('x')\n{text}")
        return self.world.distribution("evil", "1.0", {package: "evil.backports"})

    def lead_to(self, module):
        """Have the entry point of the provider that is allowed name a module."""
        (self.good / "entry_points.txt").write_text(f"[backportkit.patches]\nvictim = {module}\n", "utf-8")

    def declare(self, **fields):
        fields = {"id": "good-1", "target": "victim:f", "requires": "victim<9", "summary": "s"} | fields
        self.world.write("good/backports.py", f"import backportkit\nbackportkit.register({fields!r})\n")

    def start(self, policy, script, before="pass"):
        path = self.folder / "backportkit-policy.toml"
        path.write_text(policy, "utf-8")
        path.chmod(0o644)
        return self.world.start(f"sys.prefix = {str(self.folder)!r}; {before}; {script}")


@pytest.fixture
def company(world, tmp_path):
    return Company(world, tmp_path)


def recorded(company):
    company.record(company.evil(), *EVIL)


def without_a_list(company):
    company.evil()


def editable(company):
    info = company.evil("sources/")
    url = {"url": (company.folder / "sources").as_uri(), "dir_info": {"editable": True}}
    (info / "direct_url.json").write_text(json.dumps(url), "utf-8")
    company.record(info, "evil-1.0.dist-info/METADATA")


def editable_by_pth(company):
    info = company.evil("sources/")
    company.world.write("evil.pth", f"{company.folder / 'sources'}\n")
    company.record(info, "evil.pth")


def egg(company):
    info = company.evil()
    info.rename(egg := info.with_name("evil-1.0.egg-info"))
    (egg / "METADATA").rename(egg / "PKG-INFO")
    (egg / "SOURCES.txt").write_text("evil/__init__.py\n", "utf-8")
    (egg / "top_level.txt").write_text("evil\n", "utf-8")


def archive(company):
    info = company.evil()
    with zipfile.ZipFile(company.folder / "evil.zip", "w") as archive:
        for path in [*(company.folder / "evil").iterdir(), *info.iterdir()]:
            archive.write(path, path.relative_to(company.folder))
            path.unlink()
        (company.folder / "evil").rmdir()
    info.rmdir()


PATHS = "sys.path += [{0!r} + '/sources', {0!r} + '/evil.zip']"
FORMS = [recorded, without_a_list, editable, editable_by_pth, egg, archive]


@pytest.mark.parametrize("policy", [DENIED, UNNAMED], ids=["denied", "unnamed"])
@pytest.mark.parametrize("module", ["evil.backports", "evil.fixes"])
@pytest.mark.parametrize("form", FORMS)
def test_entry_point_to_a_module_of_another(company, form, module, policy):
    """An entry point of an allowed provider has no module of another one executed, however that is installed."""
    form(company)
    company.lead_to(module)
    done = company.start(policy, f"{USE.format('pass')}", PATHS.format(str(company.folder)))
    assert "does not allow the provider 'evil', which has the module evil." in done.stderr
    assert not company.mark.exists()


WAYS = {
    "replacement": {"replacement": "evil.fixes:f"},
    "wrapper": {"replacement": "evil.fixes:f", "how": "wrap"},
    "callback": {"value": 1, "callbacks": {"before_apply": "evil.fixes:f"}},
    "module": {"target": "victim.gone", "how": "add", "replacement": "evil.fixes"},
    "alias": {"target": "victim.gone", "how": "add", "alias_of": "evil.fixes"},
}


@pytest.mark.parametrize("policy", [DENIED, UNNAMED], ids=["denied", "unnamed"])
@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("form", [recorded, without_a_list])
def test_declaration_that_names_a_module_of_another(company, form, way, policy):
    """A patch that names a module of somebody who is not allowed is disabled, and nothing of it is executed."""
    form(company)
    company.declare(**WAYS[way])
    late = "\ntry: import victim.gone\nexcept ImportError: pass\n"
    done = company.start(policy, f"{USE.format('pass')}{late}{STATUS}")
    assert done.stdout.splitlines()[0] == "old", done.stderr
    assert "does not allow the provider 'evil', which has the module evil.fixes" in done.stdout
    assert not company.mark.exists()


@pytest.mark.parametrize("policy", [DENIED, UNNAMED], ids=["denied", "unnamed"])
def test_reproducer_of_another(company, policy):
    """A reproducer in a module of somebody who is not allowed is not run."""
    recorded(company)
    company.declare(value=1, reproducer={"run": "evil.fixes:f"})
    done = company.start(policy, "sys.argv[1:] = ['prove', 'good-1']\nfrom backportkit.__main__ import main\nmain()")
    assert "has the module evil.fixes" in done.stderr
    assert not company.mark.exists()


def test_module_of_nobody(company):
    """A module of which nobody can tell whose it is has no code to take where a policy denies by default."""
    company.world.write("stray.py", f"open({str(company.mark)!r}, 'a').write('x')\ndef f(): return 'new'\n")
    company.declare(replacement="stray:f")
    said = company.start(UNNAMED, f"{USE.format('pass')}; {STATUS}").stdout
    assert said.startswith("old\n")
    assert "allows no module of which nobody can tell whose it is, as stray" in said
    assert not company.mark.exists()
    assert company.start("[providers.good]\n", USE.format("pass")).stdout == "new\n"


@pytest.mark.parametrize("owner", [None, "library"])
def test_module_that_the_policy_names(company, owner):
    """A module that the rule of the provider names by its hash may be anybody's, but for who is denied by his name."""
    company.world.write("elsewhere.py", "def f(): return 'new'\n")
    if owner:
        company.record(company.world.distribution(owner, "1.0"), "elsewhere.py")
    company.declare(replacement="elsewhere:f")
    path = company.folder / "backportkit-policy.toml"
    denied = f"default = 'deny'\n{DENIED}"
    lock = f"from backportkit.activation import policies; policies.lock(Path({str(path)!r}), ['good'])"
    company.start(denied, f"from pathlib import Path; {lock}")
    assert company.start(path.read_text("utf-8"), USE.format("pass")).stdout == "new\n"


@pytest.mark.parametrize(
    ("file", "text"),
    [
        ("good/fixes.py", "the provider's own"),
        ("victim/fixes.py", "that of the patched package"),
        ("friend.py", "that of another one that is allowed"),
    ],
)
def test_module_that_may_be_taken(company, file, text):
    """A module of the provider itself, of the patched package, or of another allowed one, has code to take."""
    company.world.write(file, f"def f(): return {text!r}\n")
    company.record(company.good, "good/__init__.py", "good/backports.py", "good/fixes.py")
    company.record(company.world.distribution("friend", "1.0"), "friend.py")
    company.declare(replacement=f"{file.removesuffix('.py').replace('/', '.')}:f")
    done = company.start(f"{UNNAMED}[providers.friend]\n", USE.format("pass"))
    assert done.stdout == f"{text}\n", done.stderr


@pytest.mark.parametrize("form", [editable, editable_by_pth, egg, archive, without_a_list])
def test_own_modules_in_any_form(company, form):
    """A provider that is allowed has its own modules read in whatever form it is installed."""
    form(company)
    text = "from backportkit import backport\n@backport('other:f', requires='other<9', id='evil-1', summary='s')\n"
    company.world.distribution("other", "1.0")
    company.world.write("other.py", "def f(): return 'old'\n")
    files = {"sources": company.folder / "sources", "here": company.folder}
    for folder in files.values():
        path = folder / "evil" / "backports.py"
        if path.exists():
            path.write_text(f"{text}def f(): return 'own'\n", "utf-8")
    if form is archive:
        with zipfile.ZipFile(company.folder / "evil.zip", "a") as archive_file:
            archive_file.writestr("more.py", f"{text}def f(): return 'own'\n")
            archive_file.writestr("more-1.0.dist-info/METADATA", "Metadata-Version: 2.1\nName: more\nVersion: 1.0\n")
            archive_file.writestr("more-1.0.dist-info/entry_points.txt", "[backportkit.patches]\nother = more\n")
    policy = f"{UNNAMED}[providers.evil]\n[providers.more]\n"
    script = "import backportkit, other; backportkit.apply_all(); print(other.f())"
    done = company.start(policy, script, PATHS.format(str(company.folder)))
    assert done.stdout == "own\n", done.stderr


def installed_from_an_address(company):
    """Not editable: the address says where the archive was that was installed."""
    info = company.evil()
    (info / "direct_url.json").write_text(
        json.dumps({"url": company.folder.as_uri(), "dir_info": {"editable": False}}), "utf-8"
    )


def with_a_broken_address(company):
    info = company.evil()
    (info / "direct_url.json").write_text("[[[", "utf-8")
    company.record(info, "gone.pth")


@pytest.mark.parametrize("form", [installed_from_an_address, with_a_broken_address])
def test_evidence_that_says_nothing(company, form):
    """An address that is broken, or of no editable install, says nothing about a module of somebody else."""
    form(company)
    company.world.write("stray.py", "def f(): return 'new'\n")
    company.declare(replacement="stray:f")
    assert company.start(DENIED, USE.format("pass")).stdout == "new\n"


MAKER = """
import importlib.machinery
class Maker:
    def find_spec(name, path=None, target=None):
        return importlib.machinery.ModuleSpec(name, Maker) if name == "made" else None
    def create_module(spec): return None
    def exec_module(module): module.f = lambda: "new"
sys.meta_path.insert(0, Maker)
"""


@pytest.mark.parametrize("policy", [DENIED, UNNAMED], ids=["denied", "unnamed"])
def test_module_in_no_file(company, policy):
    """A module that a finder makes is nobody's."""
    company.declare(replacement="made:f")
    said = company.start(policy, f"{MAKER}{USE.format('pass')}").stdout
    assert said == ("new\n" if policy is DENIED else "old\n")


def test_finder_that_fails(company):
    """A module that a finder fails to look for is nobody's."""
    company.declare(replacement="made:f")
    fails = (
        "class Fails:\n    def find_spec(name, *_):\n        assert name != 'made'\nsys.meta_path.insert(0, Fails)\n"
    )
    before = f"\nimport backportkit, victim\n{fails}"
    said = company.start(UNNAMED, f"{before}backportkit.apply_all(); print(victim.f()); {STATUS}").stdout
    assert said.startswith("old\n")
    assert "nobody can tell whose it is, as made" in said


def test_module_that_is_not_there(company):
    """A module that is not there is no question of whose it is: the import says what is missing."""
    company.declare(replacement="good.gone:f")
    assert "No module named 'good.gone'" in company.start(UNNAMED, USE.format("pass")).stderr


def test_package_in_a_namespace(company):
    """A folder without a file of its own, which several distributions share, is not asked about."""
    company.world.write("shared/good/fixes.py", "def f(): return 'new'\n")
    (company.folder / "shared" / "__init__.py").unlink()
    files = ["good/__init__.py", "good/backports.py", "shared/good/__init__.py", "shared/good/fixes.py"]
    company.record(company.good, *files)
    company.declare(replacement="shared.good.fixes:f")
    assert company.start(UNNAMED, USE.format("pass")).stdout == "new\n"


def test_stranger_takes_no_provider_out(company):
    """A provider that is not allowed does not get another one refused by naming its modules."""
    info = company.evil()
    (info / "entry_points.txt").write_text("[backportkit.patches]\nvictim = good.backports\n", "utf-8")
    company.declare(replacement="good.fixes:f")
    company.world.write("good/fixes.py", "def f(): return 'new'\n")
    company.record(company.good, "good/__init__.py", "good/backports.py", "good/fixes.py")
    for policy in (UNNAMED, DENIED):
        assert company.start(policy, USE.format("pass")).stdout == "new\n"
