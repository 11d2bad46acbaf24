"""`doorstep docs`: writes the generated documents, or says that those in the repository are out of date."""

import json
import sys
from importlib.metadata import version
from pathlib import Path
from typing import Any

import click

from services.chassis.directory import SERVICES, find_service
from services.chassis.http.openapi import build as build_openapi
from services.contracts.asyncapi import build as build_asyncapi

FOLDER = Path("docs")


def documents() -> dict[Path, str]:
    """Path and text of each generated document."""
    release = version("doorstep")
    built: dict[str, dict[str, Any]] = {
        "openapi.json": build_openapi([find_service(name) for name in SERVICES]),
        "asyncapi.json": build_asyncapi(release),
    }
    return {FOLDER / name: json.dumps(d, indent=1, ensure_ascii=False) + "\n" for name, d in built.items()}


@click.command()
@click.option("--check", is_flag=True, help="Change nothing; end with status 1 when a document is out of date.")
def docs(check: bool) -> None:
    """Write docs/openapi.json and docs/asyncapi.json."""
    stale = [path for path, text in documents().items() if not path.exists() or path.read_text("utf-8") != text]
    if check and stale:
        click.echo(f"out of date: {', '.join(map(str, stale))}; run `make docs`", err=True)
        sys.exit(1)
    for path, text in documents().items():
        if path in stale:
            path.write_text(text, encoding="utf-8")
            click.echo(f"wrote {path}")
