"""`backportkit sign` and `verify`: plain Ed25519 signatures over policies, proofs and reports, checked offline.

Sources: https://www.rfc-editor.org/rfc/rfc8032 (Ed25519), https://cryptography.io/en/latest/hazmat/primitives/asymmetric/ed25519/.
"""

from __future__ import annotations

import base64
import binascii
from typing import TYPE_CHECKING

from backportkit import regular_file
from backportkit.activation import placing
from backportkit.cli import exit_codes
from backportkit.cli.exit_codes import ExitCode
from backportkit.cli.printing import complain, say
from backportkit.errors import BackportError, MissingExtraError

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

_MODE = 0o644
_SUFFIX = ".sig"
_COORDINATE = 2**255 - 1  # without the sign of the other one
_FIELD = 2**255 - 19
_OF_EIGHT = 0x05FC536D880238B13933C6D305ACDFD5F098EFF289F4C345B027B2C28F95E826
_OF_SMALL_ORDER = frozenset({0, 1, _FIELD - 1, _OF_EIGHT, _FIELD - _OF_EIGHT})
_MAKE = "openssl genpkey -algorithm ed25519 -out KEY"
_PUBLISH = "openssl pkey -in KEY -pubout -out PUBLIC"


class SignatureFileError(BackportError, ValueError):
    """A file, a key or a signature cannot be used. A ValueError, since something is wrong with what was given."""


def sign(paths: Sequence[Path], key: Path) -> int:
    """Write a signature beside each file, and say where. Writes none if a file or the key cannot be read."""
    private = _private(key)
    signatures = {path: private.sign(_content(path)) for path in paths}
    for path, signature in signatures.items():
        place = _place(path)
        _write(place, base64.b64encode(signature) + b"\n")
        say(f"wrote {place}")
    return ExitCode.FINE


def verify(paths: Sequence[Path], key: Path) -> int:
    """Say of each file whether its signature is by the key; return 1 if one is not."""
    public = _public(key)
    wrong = [path for path in paths if not _is_valid(path, public)]
    for path in paths:
        (complain if path in wrong else say)(f"{path}: {'NOT signed' if path in wrong else 'signed'} by {key}")
    return exit_codes.unless(wrong)


def _is_valid(path: Path, public: Ed25519PublicKey) -> bool:
    from cryptography.exceptions import InvalidSignature

    content, signature = _content(path), _signature(path)
    try:
        public.verify(signature, content)
    except InvalidSignature:
        return False
    return True


def _place(path: Path) -> Path:
    return path.with_name(f"{path.name}{_SUFFIX}")


def _write(place: Path, content: bytes) -> None:
    """Put a signature in its place. A link there is replaced and not followed."""
    try:
        placing.place(place, content, _MODE)
    except OSError as error:
        raise SignatureFileError(f"{place} cannot be written", found=error.strerror) from error


def _content(path: Path) -> bytes:
    try:
        return regular_file.read(path)
    except OSError as error:
        raise SignatureFileError(f"{path} cannot be read", found=str(error)) from error


def _signature(path: Path) -> bytes:
    place = _place(path)
    if not place.exists():
        raise SignatureFileError(f"there is no signature {place}", next_step=f"backportkit sign {path} --key KEY")
    try:
        return base64.b64decode(_content(place).strip(), validate=True)
    except binascii.Error as error:
        raise SignatureFileError(
            f"{place} has no signature", expected="64 bytes as base64, as `backportkit sign` writes", found=str(error)
        ) from error


def _private(key: Path) -> Ed25519PrivateKey:
    _check_library()
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
    from cryptography.hazmat.primitives.serialization import load_pem_private_key

    content = _content(key)
    try:
        loaded = load_pem_private_key(content, password=None)
    except (ValueError, TypeError) as error:  # TypeError: it is encrypted
        raise _unusable(key, "none", _MAKE) from error
    if not isinstance(loaded, Ed25519PrivateKey):
        raise _unusable(key, f"a key of another kind, {type(loaded).__name__}", _MAKE)
    return loaded


def _public(key: Path) -> Ed25519PublicKey:
    _check_library()
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
    from cryptography.hazmat.primitives.serialization import load_pem_public_key

    content = _content(key)
    try:
        loaded = load_pem_public_key(content)
    except ValueError as error:
        raise _unusable(key, "none", _PUBLISH) from error
    if not isinstance(loaded, Ed25519PublicKey):
        raise _unusable(key, f"a key of another kind, {type(loaded).__name__}", _PUBLISH)
    if _is_of_small_order(loaded.public_bytes_raw()):
        raise _unusable(key, "a key of small order, by which anybody can sign anything", _PUBLISH)
    return loaded


def _is_of_small_order(content: bytes) -> bool:
    """Tell whether a key is one of the points of which eight times are the neutral one, as its second coordinate says.

    Source: https://github.com/jedisct1/libsodium/blob/master/src/libsodium/crypto_core/ed25519/ref10/ed25519_ref10.c
    """
    return (int.from_bytes(content, "little") & _COORDINATE) % _FIELD in _OF_SMALL_ORDER


def _unusable(key: Path, found: str, next_step: str) -> SignatureFileError:
    return SignatureFileError(
        f"{key} cannot be used as a key",
        expected="an Ed25519 key as PEM, not encrypted",
        found=found,
        next_step=next_step,
    )


def _check_library() -> None:
    try:
        import cryptography  # noqa: F401 -- for its absence
    except ImportError as error:
        raise MissingExtraError.of("signed", needed="a signature needs cryptography") from error
