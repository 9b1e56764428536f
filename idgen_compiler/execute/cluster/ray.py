"""Ray as a place to run: each piece of work is a task, which Ray runs again where a worker or a node is lost."""

from __future__ import annotations

import json
import socket
import time
import warnings
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import count
from typing import Any

from idgen_compiler.errors import PlaceError
from idgen_compiler.execute.cluster.board import Board
from idgen_compiler.execute.cluster.shared import check_shared, do_together
from idgen_compiler.execute.cluster.work import do, ray_module
from idgen_compiler.execute.named import error_of, name_of, warning_of
from idgen_compiler.execute.place import Needs, Told
from idgen_compiler.warning import warn_user

__all__ = ["Ray"]

RETRIES = 3
"""So many times a piece of work is begun again whose worker or node is lost."""

LOOK = 0.1
"""Seconds between two looks at what workers tell."""

REACHED = 10
"""Seconds in which somebody has to answer at an address."""


@dataclass(eq=False)
class _Task:
    """A piece of work: its number, what it is called, and the reference that Ray has for its answer."""

    number: int
    title: str
    reference: Any = field(repr=False)
    answer: Mapping[str, Any] | None = None
    error: BaseException | None = None


class Ray:
    """A Ray cluster: the one at an address ("auto" for that of this machine), or a new one of this machine.

    workers: how many cores a new one has, one for each piece of work.  threads: of each piece.  workers_per_model: so
    many workers train one model together, with a core or a GPU each, where it is a model that can be (pictures by
    diffusion).  Within `with Ray() as place:` the cluster stays from one fit to the next.

    Raises PlaceError where Ray is not installed, or no cluster is at the address.
    """

    far = True

    def __init__(
        self,
        address: str | None = None,
        *,
        workers: int | None = None,
        threads: int = 1,
        workers_per_model: int = 1,
    ) -> None:
        if address is not None and workers is not None:
            raise PlaceError(
                "workers says how large a new cluster is; leave it out with address, whose cluster is there"
            )
        check_shared(workers_per_model, workers)
        self.address, self.workers, self.threads = address, workers, threads
        self.workers_per_model = workers_per_model
        self._depth, self._numbers = 0, count()
        self._tasks: dict[int, _Task] = {}
        self._board: Any = None
        self._do: Any = None

    # -- the cluster ----------------------------------------------------------------------------------------------

    @contextmanager
    def opened(self, warm: str, devices: Sequence[str] = ()) -> Iterator[None]:
        """See `Workers`; Ray itself gives each task its GPUs."""
        with self:
            before = next(self._numbers)
            try:
                yield
            finally:
                self._cancel(before)

    def __enter__(self) -> Ray:
        self._depth += 1
        if self._depth == 1:
            self._joined = self._join()
        return self

    def __exit__(self, *_: Any) -> None:
        self._depth -= 1
        if not self._depth:
            ray = ray_module()
            ray.kill(self._board)
            self._board = None
            if self._joined:
                ray.shutdown()

    def _join(self) -> bool:
        """Come to be part of the cluster; False where this process is part of one already."""
        ray = ray_module()
        joined = not ray.is_initialized()
        if joined:
            size = {} if self.workers is None else {"num_cpus": self.workers * self.threads}
            try:
                _reach(self.address)
                ray.init(address=self.address, log_to_driver=False, include_dashboard=False, **size)
            except (OSError, ValueError, RuntimeError) as error:
                raise PlaceError(
                    f"no Ray cluster can be joined at {self.address or 'this machine'} ({error}); start one with `ray "
                    "start --head`, or leave address out"
                ) from error
        self._do = ray.remote(max_retries=RETRIES, retry_exceptions=False)(do)
        self._together = ray.remote(max_retries=RETRIES, retry_exceptions=False, num_cpus=0)(do_together)
        here = ray.get_runtime_context().get_node_id()
        stay = ray.util.scheduling_strategies.NodeAffinitySchedulingStrategy(here, soft=False)
        kept = {"max_restarts": -1, "max_task_retries": -1}  # should its process be lost, what was told is, and no more
        self._board = ray.remote(num_cpus=0)(Board).options(scheduling_strategy=stay, **kept).remote()
        return joined

    @property
    def ready(self) -> bool:
        """See `Workers`."""
        return True

    # -- work -----------------------------------------------------------------------------------------------------

    def submit(self, work: Callable[..., Any], *arguments: Any, needs: Needs = Needs()) -> _Task:
        """See `Workers`.  What no node has room for is said (a warning): it waits until one has."""
        if not self._depth:
            raise PlaceError("no cluster is joined; submit work within `with Ray() as place:`")
        name, number = name_of(work), next(self._numbers)
        given = [each.reference if isinstance(each, _Task) else json.dumps(each) for each in arguments]
        cores, title = max(needs.cores, float(self.threads)), needs.title or name
        if needs.shared and self.workers_per_model > 1:
            room = {"CPU": cores, **({"GPU": needs.gpus} if needs.gpus else {}), **self._room(needs)}
            self._say_where_there_is_no_room(room, title)
            how = {"workers": self.workers_per_model, "resources": room, "gpu": needs.gpus > 0, "retries": RETRIES}
            task = self._together.options(name=title).remote(self._board, number, name, how, *given)
        else:
            asked = {"num_cpus": cores, "num_gpus": needs.gpus, **self._room(needs)}
            task = self._do.options(name=title, **asked).remote(self._board, number, name, *given)
        made = self._tasks[number] = _Task(number, title, task)
        return made

    def _room(self, needs: Needs) -> dict[str, int]:
        """The memory to ask for: no more than the largest node has, since what needs more has to have it all."""
        nodes = [node["Resources"] for node in ray_module().nodes() if node["Alive"]]
        if needs.gpus and not any(node.get("GPU", 0) >= needs.gpus for node in nodes):
            warn_user(
                f"no node of the cluster has a GPU, and {needs.title or 'work'} waits for one; device='cpu' needs none",
                UserWarning,
            )
        most = max((int(node.get("memory", 0)) for node in nodes), default=0)
        return {"memory": min(needs.memory, most)} if needs.memory and most else {}

    def _say_where_there_is_no_room(self, each: Mapping[str, float], title: str) -> None:
        """Warn of workers that share a model and for which the cluster has not enough cores or GPUs."""
        there = ray_module().cluster_resources()
        for name in ("CPU", "GPU"):
            if (asked := self.workers_per_model * each.get(name, 0)) > there.get(name, 0):
                warn_user(
                    f"{title} is trained by {self.workers_per_model} workers, and waits until the cluster has "
                    f"{asked:g} {name}s: it has {there.get(name, 0):g}; a smaller workers_per_model needs fewer",
                    UserWarning,
                )

    def withdraw(self, reference: _Task) -> bool:
        """Never: Ray may begin it at any time."""
        return False

    def is_over(self, reference: _Task) -> bool:
        """See `Workers`."""
        return reference.answer is not None or reference.error is not None

    def result(self, reference: _Task) -> Any:
        """What the work gave.  Raises what it raised, and PlaceError where nodes were lost again and again."""
        while not self.is_over(reference):
            self.watch(lambda *_: None)
        if reference.error is not None:
            raise reference.error
        return (reference.answer or {}).get("result")

    def watch(self, told: Told, seconds: float | None = None) -> None:
        """See `Workers`."""
        end, wait = None if seconds is None else time.monotonic() + seconds, 0.0
        while not (self._look(wait) | self._hear(told)):
            wait = LOOK if end is None else min(LOOK, end - time.monotonic())
            if wait <= 0:
                return

    def _look(self, seconds: float) -> bool:
        """Whether work is over by now."""
        ray = ray_module()
        waiting = {task.reference: task for task in self._tasks.values() if not self.is_over(task)}
        if not waiting:
            time.sleep(seconds)
            return False
        over, _ = ray.wait(list(waiting), num_returns=1, timeout=seconds)
        for reference in over:
            self._end(waiting[reference])
        return bool(over)

    def _end(self, task: _Task) -> None:
        ray = ray_module()
        try:
            answer = json.loads(ray.get(task.reference))
        except ray.exceptions.RayError as error:
            lost = " ".join(str(error).split())[-300:]  # what it comes to is said at the end
            task.error = PlaceError(
                f"{task.title} could not be done by the cluster, though it was begun {RETRIES + 1} times "
                f"({lost}); ask for nodes with more memory, or use place='here', which shows where it ends"
            )
            task.error.__cause__ = error
            return
        if "error" in answer:
            task.error = error_of(answer["error"], "a worker of Ray")
        else:
            task.answer = answer

    def _hear(self, told: Told) -> bool:
        """Hand on what was told; whether anything was."""
        events = [] if self._board is None else json.loads(ray_module().get(self._board.take.remote()))
        for number, said in events:
            task = self._tasks.get(number)
            if task is None:
                continue
            if "warning" in said:
                warnings.warn(warning_of(*said["warning"]), stacklevel=3)
            else:
                told(task, said["event"])
        return bool(events)

    def _cancel(self, before: int) -> None:
        """Stop what is under way of what was submitted since."""
        ray = ray_module()
        for number in [number for number in self._tasks if number > before]:
            task = self._tasks.pop(number)
            if not self.is_over(task):
                ray.cancel(task.reference, force=True)


def _reach(address: str | None) -> None:
    """Raise OSError where nobody listens at a `host:port`, which Ray itself would try for minutes."""
    host, colon, port = (address or "").removeprefix("ray://").rpartition(":")
    if colon and port.isdigit():
        socket.create_connection((host.strip("[]"), int(port)), timeout=REACHED).close()
