"""A `millrace serve` in a temporary directory, for tests that are its clients."""

import base64
import hashlib
import hmac
import json
import os
import pathlib
import shutil
import signal
import subprocess
import tempfile
import threading
import time
import urllib.error
import urllib.parse
import urllib.request

from built import program

MILLRACE = program("millrace")
PATIENCE = 60


class Gateway:
    """Started at the beginning of a `with`, and killed at its end if it still runs."""

    def __init__(
        self, configuration="", data=None, listeners=("http", "amqp"), environment=None,
        before=None
    ):
        """`environment` is added to ours; `before` runs in the new process before the program."""
        self.environment = os.environ | (environment or {})
        self.before = before
        self.directory = pathlib.Path(tempfile.mkdtemp(prefix="millrace-gateway-"))
        self.data = pathlib.Path(data) if data else self.directory / "data"
        self.file = self.directory / "millrace.yaml"
        self.file.write_text(configuration)
        self.listeners = listeners
        self.process = None
        self.lines = []

    def __enter__(self):
        self.start()
        return self

    def __exit__(self, *_):
        if self.process and self.process.poll() is None:
            self.process.kill()
            self.process.wait()
        shutil.rmtree(self.directory, ignore_errors=True)

    def arguments(self):
        off = {"amqp", "http"} - set(self.listeners)
        options = [f"--listen={name}=127.0.0.1:0" for name in self.listeners]
        options += [f"--listen={name}=off" for name in off]
        return ["serve", "--config", self.file, "--data", self.data, "--log-format=json", *options]

    def start(self):
        self.lines = []
        self.process = subprocess.Popen(
            [MILLRACE, *self.arguments()], stderr=subprocess.PIPE, text=True,
            env=self.environment, preexec_fn=self.before,
        )
        ready = threading.Event()

        def read():
            for line in self.process.stderr:
                self.lines.append(line)
                if '"ready"' in line:
                    ready.set()
            ready.set()

        self.reader = threading.Thread(target=read, daemon=True)
        self.reader.start()
        assert ready.wait(PATIENCE) and self.process.poll() is None, "".join(self.lines)
        self.addresses = json.loads((self.data / "gateway.json").read_text())

    def kill(self):
        self.process.kill()
        self.process.wait()
        self.reader.join()

    def stop(self):
        """SIGTERM, and the exit status."""
        self.process.send_signal(signal.SIGTERM)
        status = self.process.wait(PATIENCE)
        self.reader.join()
        return status

    def command(self, *arguments, status=0):
        done = subprocess.run(
            [MILLRACE, *map(str, arguments), "--data", self.data],
            capture_output=True, text=True, timeout=PATIENCE, check=False,
        )
        assert done.returncode == status, done.stdout + done.stderr
        return done.stdout

    def events(self, hub):
        return [json.loads(line) for line in self.command("consume", hub, "--json").splitlines()]

    def connection_string(self, hub):
        return self.command("connection-string", hub, "--config", self.file).strip()

    @property
    def keys(self):
        return json.loads((self.data / "access.json").read_text())["rules"]

    def url(self, path):
        return f"http://{self.addresses['http']}{path}"

    def request(self, path, body=None, headers=None):
        """Status, headers and body of an answer, whatever the status."""
        asked = urllib.request.Request(self.url(path), data=body, headers=headers or {})
        try:
            with urllib.request.urlopen(asked, timeout=PATIENCE) as answer:
                return answer.status, answer.headers, answer.read()
        except urllib.error.HTTPError as error:
            return error.code, error.headers, error.read()

    def token(self, resource, rule=None, key=None, expiry=None):
        rule = rule or self.keys[0]["name"]
        key = key or self.keys[0]["primaryKey"]
        encoded = urllib.parse.quote_plus(resource)
        expiry = int(time.time()) + 3600 if expiry is None else expiry
        signed = hmac.new(key.encode(), f"{encoded}\n{expiry}".encode(), hashlib.sha256).digest()
        signature = urllib.parse.quote_plus(base64.b64encode(signed))
        return f"SharedAccessSignature sr={encoded}&sig={signature}&se={expiry}&skn={rule}"

    def send(self, hub, body, path="messages", resource=None, **headers):
        token = self.token(resource or f"https://site.example/{hub}")
        names = {name.replace("_", "-"): value for name, value in headers.items()}
        return self.request(f"/{hub}/{path}", body, {"Authorization": token} | names)
