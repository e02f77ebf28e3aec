"""Tell how hosts are reached: by which proxy, with which certificates, and for how long they are waited for."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, NamedTuple
from urllib.parse import urlsplit

from requests.utils import get_environ_proxies

from backportkit.upstream.config import texts
from backportkit.upstream.uv import UnavailableError

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from backportkit.upstream.config import Config

_SECONDS = "30"


class Transport(NamedTuple):
    """How hosts are reached.

    Attributes:
        proxies: The proxies of uv's and pip's settings, by the scheme of an address.
        direct: Hosts that are reached without these proxies, with all below them; `*` for all.
        trusted: Hosts, with or without a port, whose certificates are not looked at.
        certificates: The file of certificates; None for those that come with requests.
        patience: The seconds that an answer may take.
    """

    proxies: Mapping[str, str]
    direct: tuple[str, ...]
    trusted: frozenset[str]
    certificates: str | None
    patience: float

    def proxies_for(self, url: str) -> Mapping[str, str]:
        """Return the proxies to reach an address by; those of HTTPS_PROXY and the like if no settings name one."""
        parts = urlsplit(url)
        proxy = self.proxies.get(parts.scheme)
        if proxy is None:
            return get_environ_proxies(url)
        host = f".{parts.hostname}"
        is_direct = any(one == "*" or host.endswith(f".{one.lstrip('.')}") for one in self.direct)
        return {} if is_direct else {parts.scheme: proxy}

    def verify(self, url: str) -> str | bool:
        """Return the certificates to compare with; False if the host of an address is trusted as it is."""
        parts = urlsplit(url)
        names = {parts.hostname, f"{parts.hostname}:{parts.port}"}
        return False if names & self.trusted else self.certificates or True


def of(config: Config) -> Transport:
    """Return the way that the user has set, for uv or pip. Variables count before files, uv before pip."""
    return Transport(
        {scheme: proxy for scheme in ("http", "https") if (proxy := _proxy(scheme, config))},
        tuple(texts(config.of_uv("no-proxy"))),
        frozenset(host.rpartition("://")[2].lower() for host in _trusted(config)),
        next(filter(None, _certificates(config)), None),
        _patience(config),
    )


def _proxy(scheme: str, config: Config) -> str | None:
    return os.environ.get("PIP_PROXY") or config.of_uv(f"{scheme}-proxy") or config.pip.get("proxy")


def _certificates(config: Config) -> Iterator[str | None]:
    yield os.environ.get("SSL_CERT_FILE")
    yield config.of_pip("cert")
    yield os.environ.get("REQUESTS_CA_BUNDLE")
    yield os.environ.get("CURL_CA_BUNDLE")


def _trusted(config: Config) -> list[str]:
    of_uv = texts(os.environ.get("UV_INSECURE_HOST")) + texts(config.of_uv("allow-insecure-host"))
    return of_uv + texts(config.of_pip("trusted-host"))


def _patience(config: Config) -> float:
    said = os.environ.get("UV_HTTP_TIMEOUT") or config.of_pip("default-timeout") or config.of_pip("timeout")
    try:
        return max(float(said or _SECONDS), 0.1)
    except ValueError as error:
        raise UnavailableError(
            f"{said!r} is no number of seconds", next_step="correct UV_HTTP_TIMEOUT, or pip's timeout"
        ) from error
