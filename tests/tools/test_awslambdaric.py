"""Amazon's runtime client for Lambda runs the function of docs/images.md, against an imitation of its service."""

from __future__ import annotations

import json
import os
import subprocess
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
from page_files import cells_of, files_of

pytestmark = pytest.mark.tools

PATCH = "zipp-cve-2024-5569"
EVENTS = ["first", "second"]

# The client, which is written in C++, takes for granted what the service always sends.
HEADERS = {
    "Content-Type": "application/json",
    "Lambda-Runtime-Deadline-Ms": "1893456000000",
    "Lambda-Runtime-Invoked-Function-Arn": "arn:aws:lambda:eu-west-1:1:function:f",
    "Lambda-Runtime-Trace-Id": "Root=1-1-1",
}


class Service(ThreadingHTTPServer):
    """The runtime API: it has some events, and keeps what is answered (docs.aws.amazon.com, "runtimes-api")."""

    def __init__(self):
        super().__init__(("127.0.0.1", 0), Api)
        self.events, self.answers, self.done = [*EVENTS], [], threading.Event()


class Api(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_GET(self):
        """Hand out the next event; when there is none, wait until the client is ended."""
        if not self.server.events:
            self.server.done.set()
            return
        self.reply(200, b"{}", {"Lambda-Runtime-Aws-Request-Id": self.server.events.pop(0)})

    def do_POST(self):
        """Keep an answer, or an error."""
        self.server.answers.append(json.loads(self.rfile.read(int(self.headers["Content-Length"]))))
        self.reply(202, b"{}", {})

    def reply(self, code, body, headers):
        self.send_response(code)
        for name, value in (headers | HEADERS | {"Content-Length": str(len(body))}).items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_):
        """Say nothing."""


@pytest.fixture(scope="module")
def client(make_tools):
    """An environment with the client, and the release of zipp that has the bug."""
    return make_tools("lambda", "awslambdaric", "zipp==3.18.0")


@pytest.fixture
def invoke(client, tmp_path):
    """Have the client run the function of the page; return what it has answered."""
    (tmp_path / "handler.py").write_text(files_of("images.md")["handler.py"], "utf-8")
    (tmp_path / "myproject").mkdir()
    (tmp_path / "myproject/backports.py").write_text(cells_of("index.md")[0][0], "utf-8")

    def run(**env):
        with Service() as service:
            threading.Thread(target=service.serve_forever, args=(0.01,), daemon=True).start()
            api = {"AWS_LAMBDA_RUNTIME_API": f"127.0.0.1:{service.server_port}"}
            command = [client.python, "-m", "awslambdaric", "handler.handle"]
            process = subprocess.Popen(command, cwd=tmp_path, env=os.environ | api | env)
            while process.poll() is None and not service.done.wait(0.05):
                pass
            process.kill()
            process.wait()
            service.shutdown()
        return service.answers

    return run


def test_function_answers_patched(invoke):
    """Each event."""
    assert invoke() == [["//a", PATCH]] * len(EVENTS)


def test_function_without_what_it_requires_answers_nothing(invoke):
    """The initialisation ends with the error of the patch."""
    (error,) = invoke(BACKPORTKIT_DISABLE=PATCH)
    assert error["errorType"] == "NotAppliedError"
    assert "disabled: switched off by BACKPORTKIT_DISABLE" in error["errorMessage"]
