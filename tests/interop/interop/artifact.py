"""What `sam build` and `cargo lambda deploy` make of the sources."""

import base64
import hashlib
import io
import json
import os
import struct
import zipfile
from pathlib import Path

from . import sam
from .cloud import Cloud, CreatedStack, asked, unzipped, uploaded
from .installed import python
from .paths import ROOT, WORK
from .processes import run

BUILD_SECONDS = 1800
TARGET_NAME = "aarch64-unknown-linux-gnu"
MAX_BYTES = 6_000_000
AARCH64 = 183


def build() -> Path:
    """`sam build`; returns the build's folder."""
    added = run(["rustup", "target", "add", TARGET_NAME], cwd=ROOT, seconds=BUILD_SECONDS)
    assert not added.returncode, added.stderr
    folder = WORK / "sam-build"
    ran = sam.tool("sam", "build", "--build-dir", folder, "--template", sam.TEMPLATE, seconds=BUILD_SECONDS)
    assert not ran.returncode, ran.stdout + ran.stderr
    return folder


def built(here: Cloud) -> None:
    """`sam build` and `sam package`: an arm64 executable, the configuration, both small."""
    template = sam.transform(sam.packaged(build() / "template.yaml", here.moto), {})
    function = template["Resources"]["Gateway"]["Properties"]
    (layer,) = (one for one in template["Resources"].values() if one["Type"] == "AWS::Lambda::LayerVersion")
    files = unzipped(here, function["Code"])
    assert files.keys() == {"bootstrap"}, files.keys()
    is_arm64(files["bootstrap"])
    carries_configuration(unzipped(here, layer["Properties"]["Content"]), beside=set())
    sizes = [len(uploaded(here, address)) for address in (function["Code"], layer["Properties"]["Content"])]
    print(f"template: the function's zip has {sizes[0]} bytes, the layer's {sizes[1]}")
    assert sum(sizes) < MAX_BYTES, sizes


def is_arm64(executable: bytes) -> None:
    assert executable[:4] == b"\x7fELF", executable[:4]
    (machine,) = struct.unpack_from("<H", executable, 18)
    assert machine == AARCH64, machine


def carries_configuration(files: dict[str, bytes], beside: set[str]) -> None:
    """gateway.yaml and policies/ as they are in the sources, and nothing more than `beside`."""
    expected = {"gateway.yaml": (ROOT / "gateway.yaml").read_bytes()}
    expected |= {
        str(file.relative_to(ROOT)): file.read_bytes() for file in (ROOT / "policies").rglob("*") if file.is_file()
    }
    assert files.keys() == expected.keys() | beside, files.keys()
    assert all(files[name] == content for name, content in expected.items())


def cargo_lambda(*arguments):
    path = os.pathsep.join([str(python("cargo-lambda").parent), os.environ["PATH"]])
    settings = {
        "PATH": path,
        "AWS_REGION": "us-east-1",
        "AWS_ACCESS_KEY_ID": "unused",
        "AWS_SECRET_ACCESS_KEY": "unused",
    }
    ran = run(["cargo", "lambda", "deploy", *arguments], settings, cwd=ROOT)
    assert not ran.returncode, ran.stdout + ran.stderr


def deployed_by_cargo_lambda(here: Cloud, stack: CreatedStack) -> None:
    """`cargo lambda deploy` replaces the code of the stack's function and leaves its settings; and it makes a function of
    its own, with the configuration beside the executable."""
    cargo_lambda("--dry", "rolecall-gateway")
    name = stack.outputs["GatewayFunctionName"]
    before = function(here, name)
    cargo_lambda("--endpoint-url", here.moto, "--binary-name", "rolecall-gateway", "--alias", "live", name)
    after = function(here, f"{name}:live")
    for setting in ("Environment", "Role", "Timeout", "MemorySize"):
        assert after[setting] == before[setting], (setting, before[setting], after[setting])
    assert after["CodeSha256"] != before["CodeSha256"], "the code is still the old one"
    cargo_lambda("--endpoint-url", here.moto, "--role", stack.seen["role_of_function"], "rolecall-gateway")
    # cargo lambda leaves what it uploads beside the executable.
    archive = (WORK.parent / "lambda" / "rolecall-gateway" / "bootstrap.zip").read_bytes()
    digest = base64.b64encode(hashlib.sha256(archive).digest()).decode()
    assert function(here, "rolecall-gateway")["CodeSha256"] == digest
    with zipfile.ZipFile(io.BytesIO(archive)) as packed:
        files = {name: packed.read(name) for name in packed.namelist() if not name.endswith("/")}
    is_arm64(files["bootstrap"])
    carries_configuration(files, beside={"bootstrap"})


def function(here: Cloud, name: str) -> dict:
    return json.loads(asked(here, "lambda", f"2015-03-31/functions/{name}"))["Configuration"]
