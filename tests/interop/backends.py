"""Processes the parts start, and the local stack behind the gateway. Whatever is started here is stopped here."""

import json
import os
import re
import signal
import socket
import subprocess
import time


class Process:
    """A child that ends with the block it was started in, by its own process id."""

    def __init__(self, command, log, env=None, stdout=None):
        self.command = command
        self.child = subprocess.Popen(
            command, env={**os.environ, **(env or {})}, stdin=subprocess.DEVNULL, stdout=stdout or log, stderr=log, text=True
        )

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.stop()

    def stop(self):
        for sign, patience in ((signal.SIGINT, 10), (signal.SIGTERM, 5), (signal.SIGKILL, 5)):
            self.child.send_signal(sign)
            try:
                self.child.wait(patience)
                return
            except subprocess.TimeoutExpired:
                continue

    def ensure_running(self):
        if self.child.poll() is not None:
            raise RuntimeError(f"{' '.join(self.command)} ended with {self.child.returncode}")


class Backends(Process):
    """Issuer, STS and MCP server; `environment` and `tokens` are what a gateway and its clients need."""

    COMMAND = ["cargo", "run", "--quiet", "--package", "rolecall-local", "--bin", "rolecall-local", "--", "--backends"]

    def __init__(self, log):
        subprocess.run(["cargo", "build", *self.COMMAND[2:-2]], check=True, stdout=log, stderr=log)
        super().__init__(self.COMMAND, log, stdout=subprocess.PIPE)
        text = ""
        for line in self.child.stdout:
            text += line
            if "Ctrl-C" in line:
                break
        self.environment = {name: value.strip("'") for name, value in re.findall(r"^export (\w+)=(.*)$", text, re.M)}
        servers = json.loads(text[text.index("\n{") : text.index("\n}") + 2])["mcpServers"]
        self.tokens = {
            name.removeprefix("aws-"): server["headers"]["Authorization"].removeprefix("Bearer ")
            for name, server in servers.items()
        }


def free_port():
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return listener.getsockname()[1]


def wait_until(condition, what, seconds, meanwhile=lambda: None):
    end = time.monotonic() + seconds
    while not condition():
        meanwhile()
        if time.monotonic() > end:
            raise TimeoutError(f"waited {seconds} s for {what}")
        time.sleep(0.2)
