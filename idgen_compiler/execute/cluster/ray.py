"""Ray as a place to run: each piece of work is a task, which Ray runs again where a worker or a node is lost."""

from __future__ import annotations

import json
import time
import warnings
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import count
from typing import Any

from idgen_compiler.errors import PlaceError
from idgen_compiler.execute.cluster.board import Board
from idgen_compiler.execute.named import error_of, name_of, warning_of
from idgen_compiler.execute.place import Needs, Told
from idgen_compiler.execute.processes.worker import done
from idgen_compiler.warning import warn_user

__all__ = ["Ray"]

RETRIES = 3
"""So many times a piece of work is begun again whose worker or node is lost."""

LOOK = 0.1
"""Seconds between two looks at what workers tell."""


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

    workers: how many cores a new one has, one for each piece of work.  threads: of each piece.  Within
    `with Ray() as place:` the cluster stays from one fit to the next. Raises PlaceError where Ray is not installed, or
    no cluster is at the address.
    """

    far = True

    def __init__(self, address: str | None = None, *, workers: int | None = None, threads: int = 1) -> None:
        if address is not None and workers is not None:
            raise PlaceError(
                "workers says how large a new cluster is; leave it out with address, whose cluster is there"
            )
        self.address, self.workers, self.threads = address, workers, threads
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
            ray = _ray()
            ray.kill(self._board)
            self._board = None
            if self._joined:
                ray.shutdown()

    def _join(self) -> bool:
        """Come to be part of the cluster; False where this process is part of one already."""
        ray = _ray()
        joined = not ray.is_initialized()
        if joined:
            size = {} if self.workers is None else {"num_cpus": self.workers * self.threads}
            try:
                ray.init(address=self.address, log_to_driver=False, include_dashboard=False, **size)
            except (ConnectionError, ValueError, RuntimeError) as error:
                raise PlaceError(
                    f"no Ray cluster can be joined at {self.address or 'this machine'} ({error}); start one with `ray "
                    "start --head`, or leave address out"
                ) from error
        self._do = ray.remote(max_retries=RETRIES, retry_exceptions=False)(_do)
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
        asked = {"num_cpus": max(needs.cores, float(self.threads)), "num_gpus": needs.gpus, **self._room(needs)}
        task = self._do.options(name=needs.title or name, **asked)
        made = _Task(number, needs.title or name, task.remote(self._board, number, name, *given))
        self._tasks[number] = made
        return made

    def _room(self, needs: Needs) -> dict[str, int]:
        """The memory to ask for: no more than the largest node has, since what needs more has to have it all."""
        nodes = [node["Resources"] for node in _ray().nodes() if node["Alive"]]
        if needs.gpus and not any(node.get("GPU", 0) >= needs.gpus for node in nodes):
            warn_user(
                f"no node of the cluster has a GPU, and {needs.title or 'work'} waits for one; device='cpu' needs none",
                UserWarning,
            )
        most = max((int(node.get("memory", 0)) for node in nodes), default=0)
        return {"memory": min(needs.memory, most)} if needs.memory and most else {}

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
        ray = _ray()
        waiting = {task.reference: task for task in self._tasks.values() if not self.is_over(task)}
        if not waiting:
            time.sleep(seconds)
            return False
        over, _ = ray.wait(list(waiting), num_returns=1, timeout=seconds)
        for reference in over:
            self._end(waiting[reference])
        return bool(over)

    def _end(self, task: _Task) -> None:
        ray = _ray()
        try:
            answer = json.loads(ray.get(task.reference))
        except ray.exceptions.RayError as error:
            lost = " ".join(str(error).split())
            task.error = PlaceError(
                f"{task.title} could not be done by the cluster, though it was begun {RETRIES + 1} times "
                f"({lost:.300}); ask for nodes with more memory, or use place='here', which shows where it ends"
            )
            task.error.__cause__ = error
            return
        if "error" in answer:
            task.error = error_of(answer["error"], "a worker of Ray")
        else:
            task.answer = answer

    def _hear(self, told: Told) -> bool:
        """Hand on what was told; whether anything was."""
        events = [] if self._board is None else json.loads(_ray().get(self._board.take.remote()))
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
        ray = _ray()
        for number in [number for number in self._tasks if number > before]:
            task = self._tasks.pop(number)
            if not self.is_over(task):
                ray.cancel(task.reference, force=True)


def _do(board: Any, number: int, work: str, *arguments: str) -> str:
    """A piece of work, in a worker of Ray; JSON in, JSON out."""
    ray = _ray()
    ray.get(board.begin.remote(number))
    given = []
    for each in map(json.loads, arguments):
        if isinstance(each, dict) and "error" in each:  # what it rests on failed
            return json.dumps(each)
        given.append(each["result"] if isinstance(each, dict) and "result" in each else each)
    answers: list[dict[str, Any]] = []

    def say(said: dict[str, Any]) -> None:
        if "event" in said or "warning" in said:
            board.tell.remote(number, json.dumps(said))
        else:
            answers.append(said)

    done({"piece": number, "work": work, "arguments": given}, say)
    ray.get(board.begin.remote(-1))  # by now all that was told has arrived
    return json.dumps({name: value for name, value in answers[-1].items() if name != "piece"})


def _ray() -> Any:
    try:
        import ray
        import ray.util.scheduling_strategies
    except ImportError:
        raise PlaceError("place='ray' needs Ray; install it with: pip install 'idgen-compiler[ray]'") from None
    return ray
