"""Functions for `progress=` that hand every step on to a tracker of experiments; its package is imported when asked.

Metrics are called by the operation and what is measured, as `%m0 : Y | X, Z/loss`.
"""

from __future__ import annotations

import importlib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from idgen_compiler.errors import DataError
from idgen_torch.running.telling.lines import OnStep

__all__ = ["to_mlflow", "to_tensorboard", "to_wandb"]


def to_tensorboard(folder: str | Path) -> OnStep:
    """Scalars for TensorBoard, written into a folder.  Raises DataError where its package is not installed."""
    writer = _imported("torch.utils.tensorboard", "tensorboard").SummaryWriter(str(folder))

    def on_step(operation: str, step: int, total: int, metrics: Mapping[str, float]) -> None:
        for name, value in _named(operation, metrics).items():
            writer.add_scalar(name, value, step)
        if step == total:
            writer.flush()

    return on_step


def to_mlflow(run_id: str | None = None) -> OnStep:
    """Metrics of a run of MLflow, the active one where none is named.  Raises DataError where it is not installed."""
    mlflow = _imported("mlflow", "mlflow")

    def on_step(operation: str, step: int, total: int, metrics: Mapping[str, float]) -> None:
        if metrics:
            mlflow.log_metrics(_named(operation, metrics), step=step, **({"run_id": run_id} if run_id else {}))

    return on_step


def to_wandb(run: Any = None) -> OnStep:
    """Metrics of a run of Weights & Biases, the active one where none is given, or a new one.

    Raises DataError where its package is not installed.
    """
    wandb = _imported("wandb", "wandb")
    told = run if run is not None else wandb.run or wandb.init()

    def on_step(operation: str, step: int, total: int, metrics: Mapping[str, float]) -> None:
        if metrics:
            told.log({**_named(operation, metrics), f"{operation}/step": step})

    return on_step


def _named(operation: str, metrics: Mapping[str, float]) -> dict[str, float]:
    return {f"{operation}/{name}": value for name, value in metrics.items()}


def _imported(module: str, package: str) -> Any:
    try:
        return importlib.import_module(module)
    except ImportError:
        raise DataError(f"{package} is not installed; pip install {package}, or leave it out of progress") from None
