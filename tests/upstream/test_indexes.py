"""The index is asked that the settings of uv or pip name, with their credentials; if it cannot answer, that is told."""

from __future__ import annotations

import pytest

pytestmark = pytest.mark.warm

OLD = "def f():\n    return 'old'\n"
NOWHERE = "http://127.0.0.1:9/simple/"


@pytest.fixture
def one(index):
    """An index with one release."""
    index.release("1.0", OLD)
    return index


def answers(index, *line, **env):
    """Tell whether the index is the one that answers with such settings."""
    variables = {"UV_DEFAULT_INDEX": "", "PIP_EXTRA_INDEX_URL": "", "XDG_CONFIG_HOME": str(index.folder / "config")}
    done = index.run("history", "victim:f", *line, **variables | env)
    return done.returncode == 0 and index.address in done.stdout


def without(index):
    """Return the address of an index beside it that has nothing."""
    return f"{index.address}none/"


def write(index, name, text):
    path = index.folder / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text.format(index=index.address, nowhere=NOWHERE), encoding="utf-8")
    return path


@pytest.mark.parametrize(
    "variable", ["UV_DEFAULT_INDEX", "UV_INDEX_URL", "UV_INDEX", "UV_EXTRA_INDEX_URL", "PIP_INDEX_URL"]
)
def test_variables(one, variable):
    """Variables of uv and pip name the index."""
    assert answers(one, **{variable: one.address.rstrip("/")})


def test_indexes_beside_the_default_one(one):
    """Indexes beside the default one are asked first, and the next one where they do not have the project."""
    assert answers(one, UV_INDEX=f"other={without(one)} mine={one.address}", UV_DEFAULT_INDEX=NOWHERE)
    assert answers(one, PIP_INDEX_URL=without(one), PIP_EXTRA_INDEX_URL=one.address)


@pytest.mark.parametrize(
    "text",
    [
        'index-url = "{index}"',
        'extra-index-url = ["{index}"]',
        '[pip]\nindex-url = "{index}"',
        '[[index]]\nurl = "{index}"\ndefault = true',
        '[[index]]\nname = "mine"\nurl = "{index}"\n[[index]]\nurl = "{nowhere}"\nexplicit = true',
    ],
)
def test_file_of_uv(one, text):
    """The user's uv.toml names the index; one that is explicit is for packages that name it."""
    write(one, "config/uv/uv.toml", text)
    assert answers(one)
    assert not answers(one, UV_NO_CONFIG="1", PIP_INDEX_URL=without(one))


def test_file_that_is_named(one):
    """UV_CONFIG_FILE and PIP_CONFIG_FILE name other files."""
    assert answers(one, UV_CONFIG_FILE=str(write(one, "my.toml", 'index-url = "{index}"')))
    named = str(write(one, "my.conf", "[global]\nindex-url = {index}\n"))
    assert answers(one, PIP_CONFIG_FILE=named)
    assert not answers(one, PIP_CONFIG_FILE="/dev/null", HTTPS_PROXY="http://127.0.0.1:9")


@pytest.mark.parametrize("name", ["config/pip/pip.conf", ".pip/pip.conf"])
def test_file_of_pip(one, name):
    """The user's pip.conf names the index, and what is beside it."""
    write(one, name, "[global]\nindex-url = {index}none/\nextra-index-url = {index}\n    file:///somewhere\n")
    assert answers(one)


@pytest.mark.parametrize("name", ["config/uv/uv.toml", "config/pip/pip.conf"])
def test_broken_settings(one, name):
    """Settings that cannot be read are an error that names the file."""
    path = write(one, name, "[[[")
    done = one.run("history", "victim:f", XDG_CONFIG_HOME=str(one.folder / "config"), UV_DEFAULT_INDEX="")
    assert (done.returncode, str(path) in done.stderr) == (2, True)


@pytest.mark.parametrize(
    ("name", "text"),
    [("uv.toml", 'index-url = "{index}"'), ("pyproject.toml", '[tool.uv]\nindex-url = "{index}"')],
)
def test_settings_of_the_checkout(one, name, text):
    """What a checkout says counts with --project-config alone."""
    write(one, name, text)
    assert answers(one, "--project-config")
    assert not answers(one, PIP_INDEX_URL=without(one))


def test_checkout_without_settings(one):
    """--project-config without any settings of uv changes nothing."""
    write(one, "pyproject.toml", "[project]\nname = 'mine'\n")
    assert answers(one, "--project-config", UV_INDEX=one.address)


@pytest.mark.parametrize(
    ("name", "text"), [("uv/uv.toml", "no-index = true"), ("pip/pip.conf", "[global]\nno-index = yes"), ("", "")]
)
def test_no_index(one, name, text):
    """Where uv or pip is told to ask no index, none is asked."""
    write(one, f"config/{name or 'none'}", text)
    variables = {} if name else {"UV_NO_INDEX": "1"}
    assert not answers(one, UV_INDEX=one.address, **variables)
    assert one.asked == []


def test_which_of_two_with_one_address(one):
    """An address that is named twice is asked once, with what was said of it first."""
    one.credentials = "me:s3cret"
    twice = [one.address.replace("//", f"//me:{password}@") for password in ("s3cret", "other")]
    assert answers(one, UV_INDEX=" ".join(twice))
    assert len(one.asked) == len(set(one.asked))


def test_flat_index(one):
    """A flat index is a list of files, and is left out."""
    write(one, "config/uv/uv.toml", '[[index]]\nurl = "{nowhere}"\nformat = "flat"\n[[index]]\nurl = "{index}"')
    assert answers(one)


def test_folders_are_left_out(one):
    """An index of files is not asked."""
    done = one.run("history", "victim:f", UV_DEFAULT_INDEX="file:///somewhere")
    assert "no index by HTTP is set" in done.stderr


# --- credentials ---


@pytest.fixture
def closed(one):
    """An index that asks for a name and a password."""
    one.credentials = "me:s3cret/"
    return one


def test_without_credentials(closed):
    """Without credentials the index does not answer, and the error names it."""
    done = closed.run("history", "victim:f")
    assert done.returncode == 2
    assert f"the package index does not answer for {closed.address}victim/" in done.stderr
    assert "401" in done.stderr


@pytest.mark.parametrize("status", [401, 403])
@pytest.mark.parametrize("variable", ["UV_INDEX", "UV_DEFAULT_INDEX", "PIP_INDEX_URL"])
def test_refused(one, status, variable):
    """Where an index refuses access, the error names the variable that names it, and where a password may stand."""
    one.status = status
    settings = {"UV_DEFAULT_INDEX": "", variable: one.address.replace("//", "//me:wr0ng@")}
    done = one.run("history", "victim:f", **settings)
    assert (done.returncode, str(status) in done.stderr, "wr0ng" in done.stderr) == (2, True, False)
    assert f"{variable} names the index; look at the name and the password" in done.stderr
    assert ".netrc" in done.stderr


@pytest.mark.parametrize(
    ("name", "text", "place"),
    [
        ("uv/uv.toml", 'index-url = "{index}"', "uv.toml names the index"),
        ("pip/pip.conf", "[global]\nindex-url={index}", "`pip config debug` shows names the index"),
    ],
)
def test_refused_index_of_a_file(closed, name, text, place):
    """The error names the file that names the index."""
    write(closed, f"config/{name}", text)
    done = closed.run("history", "victim:f", UV_DEFAULT_INDEX="", XDG_CONFIG_HOME=str(closed.folder / "config"))
    assert place in done.stderr


@pytest.mark.parametrize("ranges", [True, False])
def test_refused_files(closed, ranges):
    """Where an index has the page for all and refuses its files, each release says where a password may stand."""
    closed.closed, closed.ranges = "/files/", ranges
    done = closed.run("history", "victim:f")
    assert "victim-1.0-py3-none-any.whl cannot be read; 401" in done.stderr
    assert ".netrc" in done.stderr


def test_credentials_in_the_address(closed):
    """Credentials in the address are sent, for the files too, and shown nowhere."""
    address = closed.address.replace("//", "//me:s3cret%2F@")
    done = closed.run("history", "victim:f", UV_DEFAULT_INDEX=address)
    assert done.returncode == 0
    assert "s3cret" not in done.stdout + done.stderr
    closed.status = 418
    assert "s3cret" not in closed.run("history", "victim:f", UV_DEFAULT_INDEX=address).stderr


def test_credentials_are_for_the_host_of_the_index(closed):
    """A file on another host is asked for without credentials."""
    said = closed.files["victim-1.0-py3-none-any.whl"][1]
    said["url"] = closed.address.replace("127.0.0.1", "localhost").replace("simple", "files") + said["filename"]
    address = closed.address.replace("//", "//me:s3cret%2F@")
    done = closed.run("history", "victim:f", UV_DEFAULT_INDEX=address)
    assert "401" in done.stderr
    closed.credentials = None
    assert closed.run("history", "victim:f", UV_DEFAULT_INDEX=address).returncode == 0


def test_credentials_of_two_indexes_of_one_host(closed):
    """Of two indexes on one host, each is asked with its own credentials."""
    closed.closed = "/simple/"
    other, own = (closed.address.replace("//", f"//{who}@") for who in ("you:0ther", "me:s3cret%2F"))
    assert answers(closed, UV_INDEX=f"{other.replace('/simple/', '/sample/')} {own}")


def test_credentials_in_variables(closed):
    """uv's variables for an index with a name have its credentials."""
    named = {"UV_INDEX_MY_OWN_USERNAME": "me", "UV_INDEX_MY_OWN_PASSWORD": "s3cret/"}
    assert answers(closed, UV_INDEX=f"my-own={closed.address}", **named)


def test_credentials_in_netrc(closed):
    """The user's .netrc is read."""
    write(closed, ".netrc", "machine 127.0.0.1\nlogin me\npassword s3cret/\n")
    assert answers(closed, UV_INDEX=closed.address)


def test_certificates(one):
    """A file of certificates that the variables name is used: one that is not there is an error."""
    variables = {"SSL_CERT_FILE": str(one.folder / "none.pem"), "REQUESTS_CA_BUNDLE": "", "CURL_CA_BUNDLE": ""}
    done = one.run("history", "victim:f", UV_DEFAULT_INDEX="https://127.0.0.1:9/simple/", **variables)
    assert (done.returncode, "none.pem" in done.stderr) == (2, True)


# --- pages ---


def test_page_in_html(one):
    """An index that knows HTML alone is read, too."""
    one.says_json = False
    assert one.spans("victim:f") == [("1.0", "1.0")]


def test_unchanged_page_is_not_sent_again(one):
    """A page that has not changed since is not sent again."""
    first = one.history("victim:f")["bytes"]
    again = one.history("victim:f")
    assert (again["requests"], again["bytes"]) == (1, 0)
    assert first > 0


def test_page_of_unknown_length(one):
    """The bytes of a page are counted, also where the index does not say before how many they are."""
    one.says_length = False
    assert one.history("victim:f")["bytes"] > 100


@pytest.mark.parametrize("text", ["[", "{}", '{"meta": {"api-version": "9.0"}, "name": "victim", "files": []}'])
def test_page_that_is_none(one, text):
    """A page that cannot be read is an error, and is no reason to fail the next time."""
    one.page = "application/vnd.pypi.simple.v1+json", text
    done = one.run("history", "victim:f")
    assert (done.returncode, "the page cannot be read" in done.stderr) == (2, True)
    one.page = None
    assert one.spans("victim:f") == [("1.0", "1.0")]


def test_no_network(index):
    """An index that cannot be reached is an error with its address, and the next step."""
    done = index.run("history", "victim:f", UV_DEFAULT_INDEX=NOWHERE)
    assert done.returncode == 2
    assert f"the package index does not answer for {NOWHERE}victim/" in done.stderr
    assert "--offline" in done.stderr


def test_without_the_libraries(one):
    """Without the extra, the command says how to get it."""
    (one.folder / "requests.py").write_text("raise ModuleNotFoundError('no', name='requests')\n", encoding="utf-8")
    done = one.run("history", "victim:f")
    assert "this command needs requests, which is not installed\n  next:     install 'backportkit[cli]'" in done.stderr


@pytest.mark.parametrize("name", ["../victim", "victim[extra]", "_victim", "victim==1", "víctim"])
def test_no_name_of_a_distribution(one, name):
    """What can be no name of a distribution is refused before an index is asked."""
    for line in (["history", "victim:f", "--package", name], ["new", name, "1.0", "2.0"]):
        done = one.run(*line)
        assert done.returncode == 2
        assert f"{name!r} is no name of a distribution" in done.stderr
