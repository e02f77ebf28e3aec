"""Hosts are reached by the proxies, with the certificates and with the keyring that the settings of uv and pip name."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import pytest
from local_proxy import Proxy
from package_index import Index

pytestmark = pytest.mark.warm

OLD = "def f():\n    return 'old'\n"
CERTIFICATE = Path(__file__).with_name("localhost.pem")
NOBODY = "http://127.0.0.1:9"
DIRECT = dict.fromkeys(["HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "NO_PROXY", "PIP_PROXY"], "")
BUNDLES = dict.fromkeys(["SSL_CERT_FILE", "PIP_CERT", "REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE"], "")


def ask(index, **env):
    """Ask the index with such variables, and without those of this machine."""
    variables = {"XDG_CONFIG_HOME": str(index.folder / "config")} | DIRECT | BUNDLES
    return index.run("history", "victim:f", **variables | env)


def write(index, name, text):
    path = index.folder / "config" / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")


@pytest.fixture
def one(index):
    """An index with one release."""
    index.release("1.0", OLD)
    return index


@pytest.fixture
def secure(tmp_path):
    """An index with one release, by HTTPS, with a certificate of its own."""
    made = Index(tmp_path, CERTIFICATE)
    made.release("1.0", OLD)
    yield made
    made.close()


@pytest.fixture
def proxy():
    """A proxy."""
    made = Proxy()
    yield made
    made.close()


# --- proxies ---


@pytest.mark.parametrize("variable", ["HTTP_PROXY", "ALL_PROXY", "PIP_PROXY"])
def test_proxy_in_a_variable(one, proxy, variable):
    """A proxy that a variable names is asked for the page and for the files."""
    assert ask(one, **{variable: proxy.address}).returncode == 0
    assert proxy.asked[0] == f"{one.address}victim/"
    assert proxy.asked[-1].endswith(".whl")


@pytest.mark.parametrize(
    ("name", "text"), [("uv/uv.toml", 'http-proxy = "{}"'), ("pip/pip.conf", "[global]\nproxy = {}")]
)
def test_proxy_in_a_file(one, proxy, name, text):
    """A proxy that a file of uv or pip names is asked, before those of HTTP_PROXY, also where NO_PROXY has the host."""
    write(one, name, text.format(proxy.address))
    assert ask(one, HTTP_PROXY=NOBODY, NO_PROXY="127.0.0.1").returncode == 0
    assert proxy.asked


def test_which_proxy_counts(one, proxy):
    """PIP_PROXY counts before a file of uv, and that before a file of pip."""
    write(one, "pip/pip.conf", f"[global]\nproxy = {NOBODY}")
    write(one, "uv/uv.toml", f'http-proxy = "{proxy.address}"')
    assert ask(one).returncode == 0
    done = ask(one, PIP_PROXY=NOBODY)
    assert (done.returncode, "proxy" in done.stderr) == (2, True)


@pytest.mark.parametrize("direct", ["127.0.0.1", "*"])
def test_hosts_without_a_proxy(one, direct):
    """NO_PROXY names hosts that are reached without the variables' proxies, `no-proxy` those without uv's."""
    assert ask(one, HTTP_PROXY=NOBODY, NO_PROXY=direct).returncode == 0
    write(one, "uv/uv.toml", f'http-proxy = "{NOBODY}"\nno-proxy = ["{direct}"]')
    assert ask(one).returncode == 0
    write(one, "uv/uv.toml", f'http-proxy = "{NOBODY}"\nno-proxy = ["7.0.0.1"]')
    assert ask(one).returncode == 2


def test_proxy_with_a_password(one, proxy):
    """A name and a password in the proxy's address are for the proxy, and shown nowhere."""
    proxy.credentials = "me:s3cret"
    done = ask(one, HTTP_PROXY=proxy.address.replace("//", "//me:s3cret@"))
    assert done.returncode == 0
    done = ask(one, HTTP_PROXY=proxy.address.replace("//", "//me:wr0ng@"))
    assert (done.returncode, "407" in done.stderr, "wr0ng" in done.stderr) == (2, True, False)


def test_proxy_for_https(secure, proxy):
    """An index by HTTPS is reached through the proxy, and its certificate is compared all the same."""
    assert ask(secure, HTTPS_PROXY=proxy.address, SSL_CERT_FILE=str(CERTIFICATE)).returncode == 0
    assert proxy.asked[0] == secure.address.split("/")[2]
    assert "certificate" in ask(secure, HTTPS_PROXY=proxy.address).stderr


# --- certificates ---


@pytest.mark.parametrize("variable", BUNDLES)
def test_certificates_in_a_variable(secure, variable):
    """A variable of uv, pip or requests names the file of certificates."""
    assert ask(secure, PIP_CONFIG_FILE=os.devnull, **{variable: str(CERTIFICATE)}).returncode == 0


def test_certificates_in_a_file(secure):
    """The file of certificates that pip's file names is used; one of a variable counts before it."""
    write(secure, "pip/pip.conf", f"[global]\ncert = {CERTIFICATE}")
    assert ask(secure).returncode == 0
    assert "none.pem" in ask(secure, SSL_CERT_FILE=str(secure.folder / "none.pem")).stderr


def test_unknown_certificate(secure):
    """A certificate that nobody vouches for is an error."""
    done = ask(secure)
    assert (done.returncode, "certificate verify failed" in done.stderr) == (2, True)


@pytest.mark.parametrize("variable", ["UV_INSECURE_HOST", "PIP_TRUSTED_HOST"])
@pytest.mark.parametrize("host", ["127.0.0.1", "other.test 127.0.0.1:{port}", "https://127.0.0.1"])
def test_trusted_host(secure, variable, host):
    """The certificate of a host that a variable trusts is not looked at, and no warning is shown."""
    done = ask(secure, **{variable: host.format(port=secure.address.split("/")[2].partition(":")[2])})
    assert (done.returncode, "Warning" in done.stderr) == (0, False)


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("uv/uv.toml", 'allow-insecure-host = ["127.0.0.1"]'),
        ("pip/pip.conf", "[global]\ntrusted-host = other.test\n    127.0.0.1"),
    ],
)
def test_trusted_host_in_a_file(secure, name, text):
    """A file of uv or pip says which hosts are trusted."""
    write(secure, name, text)
    assert ask(secure).returncode == 0


def test_only_that_host_is_trusted(one, secure):
    """Where a trusted host leads to another one, the certificate of that is looked at."""
    one.leads = secure.address.replace("127.0.0.1", "localhost") + "victim/"
    done = ask(one, UV_INSECURE_HOST="127.0.0.1")
    assert "certificate verify failed" in done.stderr
    assert ask(one, UV_INSECURE_HOST="127.0.0.1 localhost").returncode == 0


# --- the keyring ---


KEYRING = """#!{python}
import os
import sys
from pathlib import Path
with Path(__file__).with_name("asked").open("a") as asked:
    print(*sys.argv[1:], file=asked)
known = Path(__file__).with_name("known").read_text()
print("s3cret" if sys.argv[2] == known else sys.exit(1))
"""


class Keyring:
    """A command `keyring` that knows a password for one service."""

    def __init__(self, folder, service):
        self.folder = folder / "bin"
        self.folder.mkdir()
        (self.folder / "known").write_text(service, encoding="utf-8")
        command = self.folder / "keyring"
        command.write_text(KEYRING.format(python=sys.executable), encoding="utf-8")
        command.chmod(0o700)

    @property
    def asked(self):
        path = self.folder / "asked"
        return path.read_text(encoding="utf-8").splitlines() if path.exists() else []


@pytest.fixture(params=["address", "host"])
def keyring(one, request):
    """The command, for an index that asks for a password, by its address or its host."""
    one.credentials = "me:s3cret"
    address = one.address.rstrip("/")
    return Keyring(one.folder, address if request.param == "address" else address.split("/")[2])


def with_keyring(index, keyring, **env):
    address = index.address.replace("//", "//me@")
    return ask(index, UV_DEFAULT_INDEX=address, PATH=str(keyring.folder), **env)


@pytest.mark.parametrize("variable", ["UV_KEYRING_PROVIDER", "PIP_KEYRING_PROVIDER"])
def test_keyring(one, keyring, variable):
    """If a variable says so, the command has the password of a user without one, and is asked once for all requests."""
    assert with_keyring(one, keyring, **{variable: "subprocess"}).returncode == 0
    assert len(one.asked) > 1
    assert keyring.asked[0] == f"get {one.address.rstrip('/')} me"
    assert len(keyring.asked) == len(set(keyring.asked))


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("uv/uv.toml", 'keyring-provider = "subprocess"'),
        ("pip/pip.conf", "[global]\nkeyring-provider = subprocess"),
    ],
)
def test_keyring_in_a_file(one, keyring, name, text):
    """A file of uv or pip says so, too; what a variable says counts before it."""
    write(one, name, text)
    assert with_keyring(one, keyring).returncode == 0
    assert with_keyring(one, keyring, UV_KEYRING_PROVIDER="disabled").returncode == 2


@pytest.mark.parametrize("provider", ["", "disabled", "import", "auto"])
def test_keyring_is_not_asked_otherwise(one, keyring, provider):
    """Without `subprocess`, nobody runs the command."""
    assert with_keyring(one, keyring, PIP_KEYRING_PROVIDER=provider).returncode == 2
    assert keyring.asked == []


def test_keyring_without_the_password(one, keyring):
    """Where the keyring has none, the index is asked without; where there is no such command, that is the error."""
    (keyring.folder / "known").write_text("other", encoding="utf-8")
    assert "401" in with_keyring(one, keyring, UV_KEYRING_PROVIDER="subprocess").stderr
    (keyring.folder / "keyring").unlink()
    done = with_keyring(one, keyring, UV_KEYRING_PROVIDER="subprocess")
    assert "the command keyring cannot be run" in done.stderr
    assert "keyring-provider to disabled" in done.stderr


def test_keyring_is_not_asked_for_what_is_known(one, keyring):
    """An index with a password, and one without a user, need no keyring; .netrc is read before it."""
    one.folder.joinpath(".netrc").write_text("machine 127.0.0.1 login me password s3cret\n", encoding="utf-8")
    set_up = {"UV_KEYRING_PROVIDER": "subprocess", "PATH": str(keyring.folder)}
    for address in (one.address.replace("//", "//me:s3cret@"), one.address.replace("//", "//me@"), one.address):
        assert ask(one, UV_DEFAULT_INDEX=address, **set_up).returncode == 0
    assert keyring.asked == []


# --- patience ---


@pytest.mark.parametrize("variable", ["UV_HTTP_TIMEOUT", "PIP_DEFAULT_TIMEOUT", "PIP_TIMEOUT"])
def test_patience(one, variable):
    """A variable has the seconds that an answer may take; an index that takes longer is an error that names it."""
    one.stalls = ("/simple/",)
    done = ask(one, **{"UV_HTTP_TIMEOUT": "", "PIP_DEFAULT_TIMEOUT": "", variable: "0.2"})
    assert (done.returncode, "timed out" in done.stderr, "UV_HTTP_TIMEOUT" in done.stderr) == (2, True, True)


def test_patience_that_is_no_number(one):
    """What is no number of seconds is refused."""
    assert "'soon' is no number of seconds" in ask(one, UV_HTTP_TIMEOUT="soon").stderr
