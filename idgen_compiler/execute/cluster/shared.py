"""Work that several workers of Ray share, which Ray Train starts, joins, and starts again where one is lost."""

from __future__ import annotations

import json
import os
import tempfile
from collections.abc import Mapping
from typing import Any

from idgen_compiler.errors import PlaceError
from idgen_compiler.execute.cluster.work import answered, ray_module, worked
from idgen_compiler.execute.named import name_of
from idgen_compiler.execute.place import Lost

__all__ = ["check_shared", "do_together"]


def check_shared(workers_per_model: object, workers: int | None) -> None:
    """Raise PlaceError for a number of workers that no model can have.

    >>> check_shared(2, workers=None)
    """
    if isinstance(workers_per_model, bool) or not isinstance(workers_per_model, int) or workers_per_model < 1:
        raise PlaceError(f"workers_per_model is {workers_per_model!r:.80}; give a whole number from 1")
    if workers is not None and workers_per_model > workers:
        raise PlaceError(f"workers_per_model is {workers_per_model}, and there are {workers} workers; give no more")


_PLAIN = {
    "RAY_CHDIR_TO_TRIAL_DIR": "0",  # workers stay in the folder that paths are relative to
    "RAY_TRAIN_METRICS_ENABLED": "0",  # what is told goes to the board
    "RAY_TRAIN_ENABLE_PREEMPTION_WATCHER": "0",  # the state of a lost worker is in the store, announced or not
}
"""How Ray Train is asked to do no more than it has to: each thing that it does beside is a process to start."""


def do_together(board: Any, number: int, work: str, how: Mapping[str, Any], *arguments: str) -> str:
    """A piece of work that workers share; JSON in, JSON out. This task waits for them, and takes no core.

    how: `workers`, how many; `resources` of each; `gpu`, whether it has one; `retries`, how often they are begun again.
    """
    ray = ray_module()
    try:
        from ray.train import FailureConfig, RunConfig, ScalingConfig, TrainingFailedError
        from ray.train.torch import TorchConfig, TorchTrainer
    except ImportError as error:
        raise PlaceError(
            f"workers_per_model needs Ray Train ({error}); install it with: pip install 'idgen-compiler[ray,torch]'"
        ) from None
    given, failed = answered(arguments)
    if failed is not None:
        return failed
    shared = {"board": board, "number": number, "work": work, "arguments": json.dumps(given)}
    os.environ.update(_PLAIN)
    with tempfile.TemporaryDirectory(prefix="idgen-ray-") as folder:  # for Ray Train's own notes
        trainer = TorchTrainer(
            _share,
            train_loop_config=shared,
            torch_config=TorchConfig(backend="nccl" if how["gpu"] else "gloo"),
            scaling_config=ScalingConfig(
                num_workers=how["workers"], use_gpu=how["gpu"], resources_per_worker=dict(how["resources"])
            ),
            run_config=RunConfig(storage_path=folder, failure_config=FailureConfig(max_failures=how["retries"])),
        )
        try:
            trainer.fit()
        except TrainingFailedError as error:
            said = " ".join(str(error).split())[-300:]
            raise PlaceError(f"{how['workers']} workers failed {how['retries'] + 1} times: {said}") from None
    answer: str | None = ray.get(board.kept.remote(number, True))
    if answer is None:
        raise RuntimeError("the board on which its answer stood was lost")
    return answer


def _share(shared: Mapping[str, Any]) -> None:
    """What each of the workers does; the first of them answers.

    After an error all are begun again, since others may wait for the one that raised it; these find the answer there.
    """
    ray = ray_module()
    from ray.train import get_context

    board, number = shared["board"], shared["number"]
    if ray.get(board.kept.remote(number)) is not None:
        return
    first = get_context().get_world_rank() == 0
    answer = worked(board if first else None, number, shared["work"], json.loads(shared["arguments"]))
    error = answer.get("error")
    if first and (error is None or error["type"] != name_of(Lost)):
        ray.get(board.keep.remote(number, json.dumps(answer)))
    if error is not None:
        raise RuntimeError(error["where"])
