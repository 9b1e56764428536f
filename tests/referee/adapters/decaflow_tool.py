"""DeCaFlow: a flow of all columns with an encoder of the hidden causes, trained and intervened on as its readme shows.

One hidden variable for each bidirected edge. Columns are standardized, as in its notebooks; batches of 256. It has
densities of numbers alone, no conditions, and no package on the index: pip says so on the page. A folder with its
repository on PYTHONPATH of the environment makes this adapter run as it is.
"""

from __future__ import annotations

from importlib.metadata import PackageNotFoundError, version
from typing import Any

import lightning
import numpy as np
import torch
from decaflow.models import DeCaFlow, Decoder, Encoder
from serve import CannotAskError
from torch.utils.data import DataLoader, TensorDataset

__all__ = ["answer", "versions"]

EPOCHS, WARMUP, BATCH = 500, 100, 256


def versions() -> str:
    try:
        return f"decaflow {version('decaflow')}"
    except PackageNotFoundError:
        return "decaflow, a folder"


def answer(case: dict[str, Any], columns: dict[str, Any], reply: Any) -> None:
    if case["levels"]:
        raise CannotAskError("DeCaFlow's flows have densities of numbers, not of categories")
    if case["query"]["conditions"]:
        raise CannotAskError("sample_interventional takes no conditions")
    names: list[str] = case["graph"]["nodes"]
    table = np.column_stack([columns[name] for name in names])
    center, scale = table.mean(0), table.std(0)
    torch.manual_seed(case["seed"])
    with reply.clock("fit"):
        model = _fitted(case, torch.as_tensor((table - center) / scale, dtype=torch.float32))
    for k, ask in enumerate(case["asks"]):
        ((x, value),) = ask["do"].items()
        at, hidden = names.index(x), len(case["graph"]["bidirected"])
        with reply.clock("sample"), torch.no_grad():
            put = torch.tensor((value - center[at]) / scale[at], dtype=torch.float32)
            drawn, _ = model.sample_interventional(at, put, (case["draws"],))
            drawn = drawn[..., -len(names) :] if drawn.shape[-1] == hidden + len(names) else drawn
            outcome = case["query"]["outcomes"][0]
            place = names.index(outcome)
            reply.samples(k, {outcome: drawn[:, place].numpy() * scale[place] + center[place]})


def _fitted(case: dict[str, Any], table: torch.Tensor) -> Any:
    """The model of the readme: neural spline flows, Adam, a rate that falls where the loss does not."""
    hidden, size = len(case["graph"]["bidirected"]), table.shape[1]
    adjacency = _adjacency(case, hidden)
    both = {"flow_type": "nsf", "num_hidden": hidden, "adjacency": adjacency, "activation": torch.nn.ReLU}
    decoder = Decoder(features=size, context=hidden, hidden_features=[64, 64, 64], **both)
    encoder = Encoder(features=hidden, context=size, hidden_features=[64, 64], **both) if hidden else None
    model = DeCaFlow(
        encoder=encoder,
        flow=decoder,
        regularize=bool(hidden),
        warmup=WARMUP,
        lr=1e-3,
        optimizer_cls=torch.optim.Adam,
        scheduler_cls=torch.optim.lr_scheduler.ReduceLROnPlateau,
        scheduler_kwargs={"mode": "min", "factor": 0.95, "patience": 50, "cooldown": 0},
        scheduler_monitor="train_loss",
    )
    trainer = lightning.Trainer(max_epochs=EPOCHS, enable_checkpointing=False, enable_progress_bar=False, logger=False)
    trainer.fit(model, DataLoader(TensorDataset(table), batch_size=BATCH, shuffle=True))
    return model.eval()


def _adjacency(case: dict[str, Any], hidden: int) -> torch.Tensor:
    """Row: a variable; column: whether it is a cause of it; hidden ones first, each its own cause."""
    names: list[str] = case["graph"]["nodes"]
    found = torch.eye(hidden + len(names), dtype=torch.bool)
    for a, b in case["graph"]["directed"]:
        found[hidden + names.index(b), hidden + names.index(a)] = True
    for k, ends in enumerate(case["graph"]["bidirected"]):
        for end in ends:
            found[hidden + names.index(end), k] = True
    return found
