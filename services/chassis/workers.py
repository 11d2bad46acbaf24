"""Running a piece of work in a nameko worker and waiting for its end."""

from collections.abc import Callable
from typing import Any

from eventlet.event import Event as Signal

from services.chassis.observability import error_name

Work = Callable[[Callable[..., Any]], Any]
"""What an entrypoint hands to the decorated method: it is given the method, bound to its service."""


class WorkerEnded(Exception):
    """A handler ended by what is not an Exception, such as a time-out of eventlet's: nameko would tell nobody."""


def run_in_worker(entrypoint: Any, work: Work) -> Any:
    """Spawn a worker with the service's dependencies, return what `work` returns, raise what it raises."""
    ended = Signal()

    def keep(worker_ctx: Any, result: Any, exc_info: Any) -> tuple[Any, Any]:
        if exc_info is None:
            ended.send(result)
        else:
            ended.send_exception(*exc_info)
        return result, exc_info

    def guarded(method: Callable[..., Any]) -> Any:
        try:
            return work(method)
        except Exception:
            raise
        except BaseException as error:
            raise WorkerEnded(error_name(error)) from error

    entrypoint.container.spawn_worker(entrypoint, (guarded,), {}, handle_result=keep)
    return ended.wait()
