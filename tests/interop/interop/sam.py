"""AWS SAM, cfn-lint and checkov on template.yaml."""

import json
import os
import re
import tempfile
from contextlib import contextmanager
from functools import cache
from pathlib import Path

from .installed import python
from .paths import INTEROP, ROOT
from .processes import run

TEMPLATE = ROOT / "template.yaml"
#: What SAM has used up when it has transformed the template: it chooses CodeDeploy's part by them.
USED_BY_SAM = ["W2001", "W7001"]
#: Where template.yaml points to.
SOURCES = ["functions", "layer", "gateway.yaml", "policies"]


def tool(name: str, *arguments, env: dict[str, str] | None = None, seconds: float = 300):
    """Runs a program of the environment `sam`."""
    bin_folder = python("sam").parent
    settings = {
        # The first python3 must be the one that has zig.
        "PATH": os.pathsep.join(map(str, [python("cargo-lambda").parent, bin_folder, os.environ["PATH"]])),
        "AWS_DEFAULT_REGION": "us-east-1",
        "AWS_ACCESS_KEY_ID": "unused",
        "AWS_SECRET_ACCESS_KEY": "unused",
        "SAM_CLI_TELEMETRY": "0",
    }
    return run([bin_folder / name, *arguments], settings | (env or {}), cwd=ROOT, seconds=seconds)


@contextmanager
def changed(*changes: tuple[str, str], source: Path = TEMPLATE):
    """A copy of a template beside everything that template.yaml points to, with (regular expression, replacement) applied."""
    text = source.read_text()
    for pattern, replacement in changes:
        text, count = re.subn(pattern, replacement, text)
        assert count, f"{pattern!r} is not in {source.name}"
    with tempfile.TemporaryDirectory(prefix="rolecall-") as folder:
        for beside in SOURCES:
            (Path(folder) / beside).symlink_to(ROOT / beside)
        copy = Path(folder) / "template.yaml"
        copy.write_text(text)
        yield copy


def must(ran) -> None:
    """Set-up that fails shows nothing about the template, so it is no AssertionError."""
    if ran.returncode:
        raise RuntimeError(f"{ran.stdout}{ran.stderr}")


def validated(template: Path) -> None:
    """`sam validate --lint`."""
    ran = tool("sam", "validate", "--lint", "--template", template)
    assert not ran.returncode, ran.stdout + ran.stderr


@cache
def packaged(template: Path, moto: str) -> str:
    """`sam package` into moto's S3: the template with addresses of what was uploaded."""
    with tempfile.TemporaryDirectory(prefix="rolecall-") as folder:
        written_to = Path(folder) / "packaged.yaml"
        options = ["--s3-bucket", "deployment", "--output-template-file", written_to]
        ran = tool("sam", "package", "--template", template, *options, env={"AWS_ENDPOINT_URL": moto})
        must(ran)
        return written_to.read_text()


def placeholders(template: Path) -> str:
    """The template with addresses where nothing is, which suffices for judging it."""
    text = template.read_text()
    for key, path in (("CodeUri", "functions/gateway"), ("ContentUri", "layer")):
        assert f"{key}: {path}" in text, path
        text = text.replace(f"{key}: {path}", f"{key}: s3://deployment/{path}")
    return text


@cache
def transformed(text: str, parameters: str) -> str:
    """What CloudFormation gets, as JSON; parameters as JSON, too."""
    with tempfile.NamedTemporaryFile("w", suffix=".yaml") as file:
        file.write(text)
        file.flush()
        ran = run(
            [python("sam"), INTEROP / "servers" / "sam_transform.py", file.name, parameters],
            {"AWS_DEFAULT_REGION": "us-east-1"},
        )
    must(ran)
    return ran.stdout


def transform(text: str, parameters: dict[str, str]) -> dict:
    return json.loads(transformed(text, json.dumps(parameters)))


def linted(template: dict) -> list[str]:
    """cfn-lint's findings in a transformed template."""
    with written(template) as file:
        ran = tool("cfn-lint", "--format", "parseable", "--ignore-checks", *USED_BY_SAM, "--template", file)
    return ran.stdout.splitlines() + ran.stderr.splitlines()


def checked(template: dict) -> set[tuple[str, str]]:
    """checkov's findings: (check, logical id)."""
    with written(template) as file:
        options = ["--framework", "cloudformation", "--output", "json", "--compact", "--skip-download"]
        ran = tool("checkov", "--file", file, *options)
    report = json.loads(ran.stdout)
    assert report["summary"]["passed"] and not report["summary"]["parsing_errors"], ran.stdout
    return {(one["check_id"], one["resource"].rsplit(".", 1)[1]) for one in report["results"]["failed_checks"]}


@contextmanager
def written(template: dict):
    with tempfile.NamedTemporaryFile("w", suffix=".json") as file:
        json.dump(template, file)
        file.flush()
        yield file.name
