"""Talk to an index over HTTP, by requests, with the credentials and by the way that the user has set."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, Any

import requests
import urllib3
from requests.adapters import HTTPAdapter
from requests.auth import AuthBase, _basic_auth_str
from requests.utils import get_netrc_auth
from urllib3.util import Retry

from backportkit import redacted
from backportkit.upstream import keyring, settings, transport

if TYPE_CHECKING:
    from collections.abc import Sequence

    from requests import PreparedRequest, Response

    from backportkit.upstream.config import Config
    from backportkit.upstream.fetched import Log
    from backportkit.upstream.settings import Index

AT_A_TIME = 8
REFUSED = frozenset({401, 403})
ACCESS = (
    "look at the name and the password: they stand in the address of the index, in UV_INDEX_NAME_USERNAME and "
    "UV_INDEX_NAME_PASSWORD for an index with that name, in .netrc, or come from the command keyring if "
    "keyring-provider is subprocess and the address has a name"
)
_RETRIES = Retry(3, read=1, backoff_factor=0.3, status_forcelist=[429, 500, 502, 503, 504], raise_on_status=False)


class Session(requests.Session):
    """A session that counts its requests, and the bytes of their answers as they are sent."""

    def __init__(self, indexes: Sequence[Index], config: Config, log: Log) -> None:
        super().__init__()
        self._log = log
        self.headers["User-Agent"] = f"backportkit {requests.utils.default_user_agent()}"
        self.auth = _Credentials(indexes, config)
        self._transport = transport.of(config)
        self.requests = self.bytes = 0
        self._lock = threading.Lock()
        for scheme in ("http://", "https://"):
            self.mount(scheme, HTTPAdapter(pool_maxsize=2 * AT_A_TIME, max_retries=_RETRIES))
        if self._transport.trusted:  # the user knows
            urllib3.disable_warnings(urllib3.exceptions.InsecureRequestWarning)

    def send(self, request: PreparedRequest, **options: Any) -> Response:
        """Send a request, also one that follows from another, by the way to its own host, and count it."""
        url = request.url or ""
        way = {"proxies": self._transport.proxies_for(url), "verify": self._transport.verify(url)}
        response = super().send(request, **{**options, **way, "timeout": self._transport.patience})
        size = int(response.headers.get("Content-Length") or response.raw.tell())
        with self._lock:
            self.requests += 1
            self.bytes += size
        self._log.sent(response, size)
        return response


class _Credentials(AuthBase):
    """Send to the host of an index what its settings say, and to others what `.netrc` says."""

    def __init__(self, indexes: Sequence[Index], config: Config) -> None:
        self._indexes = indexes
        self._asks_keyring = keyring.is_set(config)
        self._told: dict[Index, str] = {}
        self._lock = threading.Lock()

    def __call__(self, request: PreparedRequest) -> PreparedRequest:
        found = self._for(request.url or "")
        if found is not None:
            request.headers["Authorization"] = _basic_auth_str(*found)
        return request

    def _for(self, url: str) -> tuple[str, str] | None:
        index = settings.credentials_of(url, self._indexes)
        if index is None:
            return get_netrc_auth(url)
        if index.password or not self._asks_keyring:
            return index.user, index.password
        return get_netrc_auth(url) or (index.user, self._from_keyring(index))

    def _from_keyring(self, index: Index) -> str:
        with self._lock:
            if index not in self._told:
                self._told[index] = keyring.password(index)
                redacted.also(self._told[index])
            return self._told[index]
