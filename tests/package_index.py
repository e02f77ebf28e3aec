"""A package index on this machine, and the command that asks it, for tests of whatever folder."""

from __future__ import annotations

import base64
import hashlib
import io
import json
import os
import ssl
import subprocess
import sys
import tarfile
import threading
import zipfile
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import warm


def wheel(version, files, name="victim", metadata=""):
    """Return the content of a wheel, with more lines of metadata if they are given."""
    info = f"{name}-{version}.dist-info"
    extra = {f"{info}/METADATA": f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n{metadata}"}
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w", zipfile.ZIP_DEFLATED) as archive:
        for path, text in (files | extra).items():
            archive.writestr(path, text)
    return content.getvalue()


def installable(version, text, name="victim"):
    """Return a pure wheel with one module, and with all that an installer wants."""
    info = f"{name}-{version}.dist-info"
    pure = "Wheel-Version: 1.0\nGenerator: test\nRoot-Is-Purelib: true\nTag: py3-none-any\n"
    record = "".join(f"{path},,\n" for path in (f"{name}.py", f"{info}/METADATA", f"{info}/WHEEL", f"{info}/RECORD"))
    return wheel(version, {f"{name}.py": text, f"{info}/WHEEL": pure, f"{info}/RECORD": record}, name)


def sdist(version, files, name="victim"):
    """Return the content of an sdist."""
    content = io.BytesIO()
    with tarfile.open(fileobj=content, mode="w:gz") as archive:
        folder = tarfile.TarInfo(f"{name}-{version}")
        folder.type = tarfile.DIRTYPE
        archive.addfile(folder)
        for path, text in files.items():
            entry = tarfile.TarInfo(f"{name}-{version}/{path}")
            entry.size = len(text.encode())
            archive.addfile(entry, io.BytesIO(text.encode()))
    return content.getvalue()


class Index:
    """An index with the files that a test puts into it, and with the faults that it asks for."""

    wheel = staticmethod(wheel)

    def __init__(self, folder, certificate=None):
        self.folder = folder
        self.files = {}
        self.asked = []
        self.ranges = self.says_hashes = self.says_json = self.says_length = True
        self.credentials = self.page = None
        self.closed = "/"
        self.status = 200
        self.half = False
        self.leads = None
        self.stalls = ()
        self.drips = 0
        self._closing = threading.Event()
        handler = type("Handler", (_Handler,), {"index": self})
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
        if certificate:
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            context.load_cert_chain(certificate)
            self._server.socket = context.wrap_socket(self._server.socket, server_side=True)
        threading.Thread(target=self._server.serve_forever, args=(0.01,), daemon=True).start()
        self.address = f"http{'s' if certificate else ''}://127.0.0.1:{self._server.server_port}/simple/"

    def wait(self):
        """Wait until the index is closed."""
        self._closing.wait(60)

    def drip(self, content, end):
        """Write a content byte by byte, until the index is closed or nobody reads any more."""
        for byte in content:
            if self._closing.wait(self.drips):
                return
            try:
                end.write(bytes([byte]))
            except OSError:
                return

    def close(self):
        self._closing.set()
        self._server.shutdown()
        self._server.server_close()

    def put(self, name, content, **fields):
        """Put a file into the index, with what its page says of it."""
        said = {"filename": name, "url": f"../../files/{name}", "requires-python": ">=3.10", "size": len(content)}
        said["hashes"] = {"sha256": hashlib.sha256(content).hexdigest()}
        self.files[name] = content, said | fields

    def release(self, version, text, path="victim.py", **fields):
        """Put a pure wheel with one module into the index."""
        self.put(f"victim-{version}-py3-none-any.whl", wheel(version, {path: text}), **fields)

    def pages(self, project="victim"):
        entries = [said for _, said in self.files.values() if said["filename"].startswith(f"{project}-")]
        if not entries and project != "victim":
            return None, ""
        if not self.says_hashes:
            entries = [{**one, "hashes": {}} for one in entries]
        if self.says_json:
            page = {"meta": {"api-version": "1.1"}, "name": project, "files": entries}
            return "application/vnd.pypi.simple.v1+json", json.dumps(page)
        links = [f'<a href="{one["url"]}#sha256={one["hashes"]["sha256"]}">{one["filename"]}</a>' for one in entries]
        return "text/html", f"<html><body>{' '.join(links)}</body></html>"

    @property
    def variables(self):
        """The environment of a command that has this index alone."""
        variables = {"UV_DEFAULT_INDEX": self.address, "PYTHONPATH": str(self.folder), "COLUMNS": "1000"}
        return variables | {"BACKPORTKIT_CACHE": str(self.folder / "cache"), "HOME": str(self.folder), "UV_INDEX": ""}

    def run(self, *line, **env):
        """Call a command of backportkit that has this index alone."""
        return warm.run(["-m", "backportkit", *line], self.folder, self.variables | env)

    def start(self, *line, **env):
        """Start a command of backportkit in an interpreter of its own."""
        variables = {"UV_DEFAULT_INDEX": self.address, "UV_INDEX": "", "HOME": str(self.folder)}
        variables |= {"BACKPORTKIT_CACHE": str(self.folder / "cache")}
        pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "text": True}
        command = [sys.executable, "-m", "backportkit", *line]
        return subprocess.Popen(command, cwd=self.folder, env=os.environ | variables | env, **pipes)

    def history(self, *line, **env):
        """Return the document of a history that must be had."""
        done = self.run("history", *line, "--json", **env)
        assert done.returncode == 0, done.stderr + done.stdout
        return json.loads(done.stdout)

    def runs(self, *line, **env):
        """Return the runs of the history of one target."""
        return self.history(*line, **env)["targets"][0]["runs"]

    def spans(self, *line, **env):
        """Return the first and the last release of each run of a target that is there."""
        return [(run["first"], run["last"]) for run in self.runs(*line, **env) if run["kind"] != "nothing"]


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True  # else each answer waits for 40 ms: it goes in two pieces
    index: Index

    def do_GET(self):
        index = self.index
        index.asked.append((self.path, self.headers["Range"]))
        if self.path.startswith(index.stalls):
            return index.wait()
        given = self.headers["Authorization"]
        own = index.credentials and f"Basic {base64.b64encode(index.credentials.encode()).decode()}"
        if own and self.path.startswith(index.closed) and given != own:
            return self._send(401, b"who are you?")
        if index.status != 200:
            return self._send(index.status, b"")
        if self.path.startswith("/simple/") and index.leads:
            return self._send(302, b"", Location=index.leads)
        if self.path.startswith("/simple/"):
            return self._page(self.path.split("/")[2])
        content = index.files.get(self.path.removeprefix("/files/"), (None, {}))[0]
        return self._send(404, b"") if content is None else self._file(content)

    def _page(self, project):
        kind, text = self.index.page or self.index.pages(project)
        if kind is None:
            return self._send(404, b"")
        tag = f'"{hashlib.sha256(text.encode()).hexdigest()}"'
        if self.headers["If-None-Match"] == tag:
            return self._send(304, b"", ETag=tag)
        return self._send(200, text.encode(), **{"Content-Type": kind, "ETag": tag})

    def _file(self, content):
        asked = self.headers["Range"]
        if not self.index.ranges or asked is None:
            return self._send(200, content)
        first, _, last = asked.removeprefix("bytes=").partition("-")
        start = int(first) if first else max(0, len(content) - int(last))
        end = min(int(last), len(content) - 1) if first else len(content) - 1
        return self._send(206, content[start : end + 1], **{"Content-Range": f"bytes {start}-{end}/{len(content)}"})

    def _send(self, status, content, **headers):
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name, value)
        if self.index.says_length:
            self.send_header("Content-Length", str(len(content)))
        else:
            self.send_header("Connection", "close")
        self.end_headers()
        is_file = self.path.startswith("/files/")
        is_cut = self.index.half and is_file
        self.close_connection |= is_cut
        if self.index.drips and is_file:
            self.index.drip(content, self.wfile)
        elif self.command == "GET":
            self.wfile.write(content[: len(content) // 2] if is_cut else content)

    do_HEAD = do_GET  # noqa: N815 -- the name that http.server calls

    def log_message(self, *_):
        pass
