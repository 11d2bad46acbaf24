"""What goes wrong in an operators' command, in words and with a status, instead of a traceback."""

import sys
from collections.abc import Callable, Sequence
from functools import wraps
from typing import NoReturn, ParamSpec, TypeVar

import click
from pymongo.errors import PyMongoError

from services.chassis.http.problems import Catalog, ProblemType, document
from services.chassis.unit import Unavailable

P = ParamSpec("P")
R = TypeVar("R")
EXIT_REFUSED, EXIT_UNAVAILABLE = 1, 2


def refuse(message: str, status: int = EXIT_REFUSED) -> NoReturn:
    """Say why the command ends here, and end it."""
    click.echo(f"doorstep: {message}", err=True)
    sys.exit(status)


def explained(problems: Sequence[ProblemType] = ()) -> Callable[[Callable[P, R]], Callable[P, R]]:
    """Have a service's refusals, and a database that is away, end the decorated command with a sentence."""
    catalog = Catalog(problems)

    def decorate(command: Callable[P, R]) -> Callable[P, R]:
        @wraps(command)
        def run(*args: P.args, **kwargs: P.kwargs) -> R:
            try:
                return command(*args, **kwargs)
            except (PyMongoError, Unavailable) as error:
                refuse(
                    f"MongoDB does not answer as it should ({type(error).__name__}): is Doorstep up? "
                    "`make status` tells.",
                    EXIT_UNAVAILABLE,
                )
            except Exception as error:
                kind = catalog.find(error)
                if kind is None:
                    raise
                refuse(str(document(kind, getattr(error, "params", {}), "en", None)["detail"]))

        return run

    return decorate
