"""The template files, read once per process."""

from collections.abc import Mapping
from functools import cache
from importlib.resources import files

from services.notifications.domain.templates import LOCALES, Catalogue, load


@cache
def catalogues() -> Mapping[str, Catalogue]:
    """By locale. Raises TemplateFault when a file is wrong."""
    folder = files("services.notifications") / "templates"
    return {locale: load(locale, (folder / f"{locale}.toml").read_text(encoding="utf-8")) for locale in LOCALES}
