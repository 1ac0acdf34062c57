"""Third-party software, from lock files in `environments/`, installed once for each content of its lock file."""

import hashlib
import shutil
import sys
from functools import cache
from pathlib import Path

from .paths import INTEROP, TARGET, WORK
from .processes import run

ENVIRONMENTS = INTEROP / "environments"
INSTALL_SECONDS = 900
BUILD_SECONDS = 1800


@cache
def python(name: str) -> Path:
    """The interpreter of a virtual environment with exactly what `environments/<name>.txt` pins."""
    lock = ENVIRONMENTS / f"{name}.txt"
    home = WORK / f"python-{name}"
    interpreter = home / "bin" / "python"
    if not _is_current(home, lock):
        shutil.rmtree(home, ignore_errors=True)
        _must(run([sys.executable, "-m", "venv", home], seconds=INSTALL_SECONDS))
        install = [interpreter, "-m", "pip", "install", "--quiet", "--no-deps", "--require-hashes", "-r", lock]
        _must(run(install, seconds=INSTALL_SECONDS))
        _mark(home, lock)
    return interpreter


@cache
def node(name: str) -> Path:
    """A folder whose node_modules is what `environments/<name>/package-lock.json` pins."""
    source = ENVIRONMENTS / name
    lock = source / "package-lock.json"
    home = WORK / f"node-{name}"
    if not _is_current(home, lock):
        shutil.rmtree(home, ignore_errors=True)
        shutil.copytree(source, home)
        _must(run(["npm", "ci", "--no-audit", "--no-fund", "--loglevel=error"], cwd=home, seconds=INSTALL_SECONDS))
        _mark(home, lock)
    return home


def beside(home: Path, *folders: str | Path) -> Path:
    """Copies folders of this tree (such as `servers/conformance`) into an environment made by `node`, where their
    imports are found. Returns the environment."""
    for folder in folders:
        shutil.copytree(INTEROP / folder, home / folder, dirs_exist_ok=True)
    return home


def script(name: str, path: str) -> list[str | Path]:
    """The command that runs a script (relative to tests/interop) with the packages of this node environment."""
    return ["node", beside(node(name), Path(path).parent) / path]


@cache
def crate(name: str) -> Path:
    """The binary of a crate below tests/interop/clients that stands outside the workspace, with a lock file of its own."""
    manifest = INTEROP / "clients" / name / "Cargo.toml"
    command = ["cargo", "build", "--quiet", "--locked", "--manifest-path", manifest, "--target-dir", TARGET]
    _must(run(command, seconds=BUILD_SECONDS))
    return TARGET / "debug" / f"interop-{name}"


def _digest(lock: Path) -> str:
    return hashlib.sha256(lock.read_bytes()).hexdigest()


def _is_current(home: Path, lock: Path) -> bool:
    stamp = home / ".installed"
    return stamp.exists() and stamp.read_text() == _digest(lock)


def _mark(home: Path, lock: Path) -> None:
    (home / ".installed").write_text(_digest(lock))


def _must(result) -> None:
    if result.returncode:
        raise RuntimeError(f"{' '.join(map(str, result.args))}\n{result.stdout}{result.stderr}")
