"""Child processes: started with a clean environment, watched while they start, stopped by pid."""

import os
import signal
import socket
import subprocess
import threading
import time
from collections.abc import Callable
from contextlib import AbstractContextManager
from pathlib import Path

START_SECONDS = 60
#: Proxies and AWS settings of the machine must not reach what is tested.
FOREIGN_PREFIXES = ("AWS_", "HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "http_proxy", "https_proxy", "all_proxy", "ROLECALL_", "OTEL_")


def environment(extra: dict[str, str] | None = None) -> dict[str, str]:
    """The machine's environment without what could change a result."""
    clean = {name: value for name, value in os.environ.items() if not name.startswith(FOREIGN_PREFIXES)}
    return clean | (extra or {})


_given: set[int] = set()


def free_port() -> int:
    """A port that nobody listens on, and that was not given out before: its taker may listen only later."""
    while True:
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            port = probe.getsockname()[1]
        if port not in _given:
            _given.add(port)
            return port


class Process(AbstractContextManager):
    """A child whose output is kept. Leaving the context ends it."""

    def __init__(self, command: list[str | Path], env: dict[str, str] | None = None, cwd: Path | None = None):
        self.lines: list[str] = []
        self.errors: list[str] = []
        self.child = subprocess.Popen(
            [str(word) for word in command],
            env=environment(env),
            cwd=cwd,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            start_new_session=True,
        )
        for stream, into in ((self.child.stdout, self.lines), (self.child.stderr, self.errors)):
            threading.Thread(target=self._keep, args=(stream, into), daemon=True).start()

    @staticmethod
    def _keep(stream, into: list[str]) -> None:
        for line in stream:
            into.append(line.rstrip("\n"))

    def wait_until(self, ready: Callable[[], object], what: str, seconds: float = START_SECONDS):
        """The first true value of `ready`; fails when the child ends or time is up."""
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline:
            if value := ready():
                return value
            if self.child.poll() is not None:
                break
            time.sleep(0.02)
        raise RuntimeError(f"{what}: not ready\n" + "\n".join(self.lines[-20:] + self.errors[-20:]))

    def listens_on(self, port: int) -> None:
        self.wait_until(lambda: _accepts(port), f"port {port}")

    def __exit__(self, *_):
        if self.child.poll() is None:
            _signal_group(self.child.pid, signal.SIGTERM)
            try:
                self.child.wait(10)
            except subprocess.TimeoutExpired:
                _signal_group(self.child.pid, signal.SIGKILL)
                self.child.wait()
        return False


def _signal_group(pid: int, number: int) -> None:
    """The child leads a group of its own, so what it started ends with it."""
    try:
        os.killpg(pid, number)
    except ProcessLookupError:
        pass


def _accepts(port: int) -> bool:
    with socket.socket() as probe:
        probe.settimeout(0.2)
        return probe.connect_ex(("127.0.0.1", port)) == 0


def run(
    command: list[str | Path], env: dict[str, str] | None = None, cwd: Path | None = None, seconds: float = 120, stdin: str = ""
):
    """Runs a command to its end; the result has returncode, stdout and stderr."""
    return subprocess.run(
        [str(word) for word in command],
        env=environment(env),
        cwd=cwd,
        input=stdin,
        capture_output=True,
        text=True,
        timeout=seconds,
        check=False,
    )
