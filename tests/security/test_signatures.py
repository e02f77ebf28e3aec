"""Policies, proofs and reports are signed with a plain key, and signatures are verified offline."""

from __future__ import annotations

import base64
import shutil
import subprocess

import pytest
import warm
from cryptography.hazmat.primitives.asymmetric import ec, ed25519
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, PublicFormat

pytestmark = pytest.mark.warm


def private_pem(key):
    return key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())


def public_pem(key):
    return key.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)


@pytest.fixture
def folder(tmp_path):
    """A folder with a pair of keys, the public key of somebody else, and a policy."""
    key, other = ed25519.Ed25519PrivateKey.generate(), ed25519.Ed25519PrivateKey.generate()
    for name, content in {"key": private_pem(key), "public": public_pem(key), "other": public_pem(other)}.items():
        (tmp_path / name).write_bytes(content)
    (tmp_path / "policy.toml").write_text('default = "deny"\n')
    return tmp_path


def call(folder, *line):
    return warm.run(["-m", "backportkit", *line], folder, {})


def test_signed(folder):
    """A file that was signed is verified by the public key of the pair, and by no other one."""
    assert call(folder, "sign", "policy.toml", "--key", "key").stdout == "wrote policy.toml.sig\n"
    done = call(folder, "verify", "policy.toml", "--key", "public")
    assert (done.returncode, done.stdout) == (0, "policy.toml: signed by public\n")
    done = call(folder, "verify", "policy.toml", "--key", "other")
    assert (done.returncode, done.stdout) == (1, "policy.toml: NOT signed by other\n")


@pytest.mark.parametrize("name", ["policy.toml", "policy.toml.sig"])
def test_one_byte(folder, name):
    """One byte that is changed in a file or in its signature is noticed."""
    call(folder, "sign", "policy.toml", "--key", "key")
    content = bytearray((folder / name).read_bytes())
    content[3] = ord("A") if content[3] != ord("A") else ord("B")
    (folder / name).write_bytes(content)
    assert call(folder, "verify", "policy.toml", "--key", "public").returncode == 1


def test_link_in_the_place_of_a_signature(folder):
    """A link that lies where the signature is to be written is replaced, and what it leads to stays."""
    (folder / "mine").write_text("mine")
    (folder / "policy.toml.sig").symlink_to(folder / "mine")
    call(folder, "sign", "policy.toml", "--key", "key")
    assert call(folder, "verify", "policy.toml", "--key", "public").returncode == 0
    assert (folder / "mine").read_text() == "mine"


def test_several_files(folder):
    """Each of several files is told, and one that is not signed by the key makes the command fail."""
    shutil.copy(folder / "policy.toml", folder / "proof.json")
    call(folder, "sign", "policy.toml", "proof.json", "--key", "key")
    (folder / "proof.json").write_text("{}")
    done = call(folder, "verify", "policy.toml", "proof.json", "--key", "public")
    assert (done.returncode, done.stdout) == (1, "policy.toml: signed by public\nproof.json: NOT signed by public\n")


def test_nothing_is_half_signed(folder):
    """If one of the files cannot be read, none is signed."""
    done = call(folder, "sign", "policy.toml", "absent", "--key", "key")
    assert done.returncode == 2
    assert "absent cannot be read" in done.stderr
    assert not (folder / "policy.toml.sig").exists()


@pytest.mark.skipif(shutil.which("openssl") is None, reason="checks with openssl that the form is the common one")
def test_openssl(folder):
    """openssl verifies the signature, too."""
    call(folder, "sign", "policy.toml", "--key", "key")
    decode = ["openssl", "base64", "-d", "-A", "-in", "policy.toml.sig", "-out", "raw"]
    subprocess.run(decode, cwd=folder, check=True)
    verify = ["openssl", "pkeyutl", "-verify", "-pubin", "-inkey", "public", "-rawin", "-in", "policy.toml", "-sigfile"]
    done = subprocess.run([*verify, "raw"], cwd=folder, capture_output=True, text=True, check=False)
    assert "Verified Successfully" in done.stdout


@pytest.mark.parametrize(
    ("command", "wrong", "told"),
    [
        ("sign", "public", "cannot be used as a key"),
        ("verify", "key", "cannot be used as a key"),
        ("sign", "elliptic", "a key of another kind, "),
        ("verify", "elliptic.pub", "a key of another kind, "),
        ("sign", "locked", "not encrypted"),
        ("sign", "absent", "absent cannot be read"),
    ],
)
def test_unusable_key(folder, command, wrong, told):
    """A key of another kind, an encrypted one and none at all are errors, which say how to make one."""
    elliptic = ec.generate_private_key(ec.SECP256R1())
    (folder / "elliptic").write_bytes(private_pem(elliptic))
    (folder / "elliptic.pub").write_bytes(public_pem(elliptic))
    (folder / "locked").write_text("-----BEGIN ENCRYPTED PRIVATE KEY-----\nMII=\n-----END ENCRYPTED PRIVATE KEY-----\n")
    done = call(folder, command, "policy.toml", "--key", wrong)
    assert done.returncode == 2
    assert told in done.stderr


SMALL = [(0).to_bytes(32, "little"), (1).to_bytes(32, "little"), (2**255 - 20).to_bytes(32, "little")]
SMALL += [(2**255 - 19).to_bytes(32, "little"), (1 + 2**255).to_bytes(32, "little")]  # not in their shortest form
SMALL += [bytes.fromhex("26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05")]
SMALL += [bytes.fromhex("c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a")]


@pytest.mark.parametrize("content", SMALL, ids=bytes.hex)
def test_key_of_small_order(folder, content):
    """A public key by which anybody can sign anything is an error."""
    public = ed25519.Ed25519PublicKey.from_public_bytes(content)
    (folder / "small").write_bytes(public.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo))
    forged = (1).to_bytes(32, "little") + bytes(32)
    (folder / "policy.toml.sig").write_bytes(base64.b64encode(forged))
    done = call(folder, "verify", "policy.toml", "--key", "small")
    assert done.returncode == 2
    assert "a key of small order" in done.stderr


def test_no_signature(folder):
    """A file without a signature, and one whose signature is none, are errors."""
    done = call(folder, "verify", "policy.toml", "--key", "public")
    assert "there is no signature policy.toml.sig" in done.stderr
    (folder / "policy.toml.sig").write_text("no base64!")
    assert "policy.toml.sig has no signature" in call(folder, "verify", "policy.toml", "--key", "public").stderr
