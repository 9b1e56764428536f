"""What a classifier's networks learn from, where they start, and how they are set right and judged once trained."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import torch
from torch import Tensor
from torch.nn.functional import cross_entropy

from idgen_compiler.hinge.calibration import Calibration
from idgen_torch.arithmetic import total
from idgen_torch.families.numbers.logistic import Regression
from idgen_torch.families.numbers.temperature import fitted_temperature, judged
from idgen_torch.nets.heads import Features, HeadNetworks

__all__ = ["FEW_LEVELS", "Lesson", "nll"]

_MOST_ROWS, _MOST_WORK = 2**16, 2**29
"""A regression is started from so many rows, or from so many that a step takes this many multiplications."""
FEW_LEVELS, _PENALTY = 10, 1.0
"""Levels of an input of few are set right; the shifts have this precision beforehand, so that empty ones stay."""
_ENOUGH_ROWS, _ENOUGH_OF_EACH, _MOST_LOGITS = 2**18, 20_000, 2**25
"""The shifts rest on all rows, or on so many that a class has so many, as far as memory goes."""


@dataclass(frozen=True, eq=False)
class Lesson:
    """Networks and what they learn from.  Shape: labels (rows, heads) int64, mass (rows,).

    seen: the features that each head sees.  small: those of them that are levels of inputs of few.
    """

    networks: HeadNetworks
    features: Features
    labels: Tensor
    mass: Tensor | None
    seen: list[Tensor]
    small: list[Tensor]

    def begin(self, rows: Tensor) -> None:
        """Let each head put out what a logistic regression on its rows does, or where that is wide the classes' shares.

        Shape: rows (members, number) int64.
        """
        layout, parameters = self.networks.layout, self.networks.parameters
        for head, size in enumerate(layout.outputs):
            if head not in layout.linear:
                seen = torch.bincount(self.labels[:, head], weights=self.mass, minlength=size) + 0.5
                parameters[f"last{head}_bias"] += (seen / seen.sum()).log().float()
                continue
            columns = self.seen[head]
            few = min(_MOST_ROWS, _MOST_WORK // (size * (1 + len(columns)) ** 2))
            penalty, slope = self.regression(head, rows[0, :few], columns).chosen()
            for member, own in enumerate(rows):
                if member:  # all with one penalty, each from where the one before ended
                    slope = self.regression(head, own[:few], columns).fit(penalty, slope)
                parameters[f"last{head}_bias"][member] += slope[0].float()
                parameters[f"linear{head}"][member, columns] = slope[1:].float()

    def move(self, rows: Tensor) -> None:
        """Add to each head that sees features directly what a logistic regression on its rows does to what it puts out.

        It is for networks that were trained on much the same rows, and takes the place of `begin`.
        Shape: rows (members, number) int64.
        """
        parameters = self.networks.parameters
        for head in self.networks.layout.linear:
            columns, size = self.seen[head], self.networks.layout.outputs[head]
            few = min(_MOST_ROWS, _MOST_WORK // (size * (1 + len(columns)) ** 2))
            start = torch.zeros(1 + len(columns), size, dtype=torch.float64, device=self.labels.device)
            logits = self.logits(rows[:, :few].to(self.labels.device))[head]
            for member, own in enumerate(rows):
                slope = self.regression(head, own[:few], columns).fit(_PENALTY, start, logits[member]).float()
                parameters[f"last{head}_bias"][member] += slope[0]
                parameters[f"linear{head}"][member, columns] += slope[1:]

    def set_right(self, rows: Tensor, temperatures: Tensor) -> None:
        """Let each member's mean prediction be the share, of all rows and within the levels of inputs of few."""
        layout, parameters = self.networks.layout, self.networks.parameters
        counts = torch.cat([labels.bincount() for labels in self.labels.T])
        rarest = int(counts[counts > 0].min())
        enough = max(_ENOUGH_ROWS, len(rows) * _ENOUGH_OF_EACH // rarest)
        most = max(1, _MOST_LOGITS // (layout.members * sum(layout.outputs)))
        rows = rows[: min(enough, most)].to(self.labels.device)
        with torch.no_grad():
            pieces = [
                self.networks(self.features[piece.expand(layout.members, -1)])
                for piece in rows.split(layout.rows_at_once)
            ]
        for head in range(layout.heads):
            logits = torch.cat([piece[head] for piece in pieces], 1) / temperatures[head]
            columns = self.small[head] if head in layout.linear else self.small[head][:0]
            regression = self.regression(head, rows, columns)
            for member, own in enumerate(logits):
                start = torch.zeros(1 + len(columns), layout.outputs[head], dtype=torch.float64, device=own.device)
                slope = (regression.fit(_PENALTY, start, own) * temperatures[head]).float()
                parameters[f"last{head}_bias"][member] += slope[0]
                if len(columns):
                    parameters[f"linear{head}"][member, columns] += slope[1:]

    def regression(self, head: int, rows: Tensor, columns: Tensor) -> Regression:
        """Of a head's labels on some columns of the features.  Shape: rows, columns (number,) int64."""
        rows = rows.to(self.labels.device)
        layout, features, columns = self.networks.layout, self.features[rows], columns.to(rows.device)
        place = torch.full((layout.width,), 1 + len(columns), device=rows.device, dtype=torch.long)
        place[columns] = 1 + torch.arange(len(columns), device=rows.device)
        design = torch.zeros(len(rows), 2 + len(columns), dtype=torch.float32, device=rows.device)
        design[:, 0] = 1
        design.scatter_(1, place[features.codes], 1.0)
        design[:, place[layout.one_hot :]] = features.reals
        mass = torch.ones_like(design[:, 0]) if self.mass is None else self.mass[rows]
        mass = mass * (total(mass) / total(mass.square())).float()
        return Regression(design[:, :-1], self.labels[rows, head], mass, layout.outputs[head])

    def losses(self, index: Tensor) -> Tensor:
        """Mean negative log-likelihood of each head and member.  Shape: (members, batch) -> (heads, members)."""
        each = [nll(z, self.labels[index, head]) for head, z in enumerate(self.networks(self.features[index]))]
        per_row, mass = torch.stack(each), self.mass
        return per_row.mean(-1) if mass is None else (per_row * mass[index]).sum(-1) / mass[index].sum(-1)

    def logits(self, held_out: Tensor) -> list[Tensor]:
        """What each head puts out.  Shape: held_out (members, rows) -> (members, rows, classes) each."""
        with torch.no_grad():
            return list(self.networks(self.features[held_out]))

    def judge(
        self,
        held_out: Tensor,
        before: Sequence[Tensor],
        temperatures: Tensor,
        names: Sequence[str],
        tell: Callable[[Calibration], None],
    ) -> None:
        """Tell how reliable each head is on these rows, `before` being its logits as they were trained."""
        mass = None if self.mass is None else self.mass[held_out].flatten()
        for head, (name, after) in enumerate(zip(names, self.logits(held_out), strict=True)):
            temperature, labels = temperatures[head], self.labels[held_out, head].flatten()
            stages = before[head].flatten(0, 1), after.flatten(0, 1) / temperature
            tell(judged(name, temperature, *stages, labels, mass))

    def temperatures(self, held_out: Tensor) -> Tensor:
        """One for each head, fitted to these rows.  Shape: held_out (members, rows) -> (heads,)."""
        outputs = self.logits(held_out)
        mass = None if self.mass is None else self.mass[held_out].flatten()
        return torch.stack(
            [
                fitted_temperature(z.flatten(0, 1), self.labels[held_out, head].flatten(), mass, len(held_out))
                for head, z in enumerate(outputs)
            ]
        )


def nll(logits: Tensor, labels: Tensor) -> Tensor:
    """Negative log-likelihood of each row.  Shape: (members, rows, classes), (members, rows) -> (members, rows)."""
    flat = cross_entropy(logits.flatten(0, 1), labels.flatten(), reduction="none")
    return flat.view(labels.shape)
