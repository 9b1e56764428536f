"""A sampler that answers for means and predictions: what it keeps from one question to the next, and in which store."""

from __future__ import annotations

import os
from abc import abstractmethod
from collections.abc import Mapping, Sequence
from typing import Any

import torch

from idgen_compiler.data.schema import Schema
from idgen_compiler.errors import DataError
from idgen_compiler.estimates.answers import Answers
from idgen_compiler.estimates.estimating import Estimating
from idgen_compiler.estimates.measures import Asking, Measure
from idgen_compiler.estimates.prediction import Predicting, PredictionInterval
from idgen_compiler.hinge.question import check_stated
from idgen_compiler.query import Query
from idgen_torch.arithmetic import our_arithmetic
from idgen_torch.observed import Observed
from idgen_torch.running.estimates.answering import Answerer, answers
from idgen_torch.running.estimates.bootstrap.refits import Drawing, Refits
from idgen_torch.running.estimates.conformal.predicted import predicted
from idgen_torch.running.files.artefacts import Artefacts
from idgen_torch.running.files.opened import artefacts_at
from idgen_torch.running.fitted import FittedProgram

__all__ = ["Answered"]


class Answered(Estimating, Predicting):
    """A sampler whose estimates come from the rows of its fit.

    What estimates learn is kept in the store that the fit had, or the one that a question names; a saved sampler does
    not say where that was.
    """

    device: torch.device
    _kept: Artefacts | None = None  #: the store of the fit, or of the last question that named one
    _answerer: Answerer | None = None
    _again: Refits | None = None

    @property
    @abstractmethod
    def fitted(self) -> FittedProgram:
        """The models and policies, with the schema and the record of the fit."""

    @property
    @abstractmethod
    def schema(self) -> Schema:
        """Of what type each variable is."""

    @abstractmethod
    def observed(self, data: Any = None, **reading: Any) -> Observed:
        """The rows of the fit."""

    @abstractmethod
    def _like(self, fitted: FittedProgram) -> Drawing:
        """A sampler of the same kind."""

    def _answers(self, measures: Sequence[Measure], asking: Asking) -> Answers:
        """What is found for means of the outcomes, from the rows of the fit (see `running.estimates`)."""
        with our_arithmetic(gradients=True):
            return answers(self._answering_again(asking), measures, asking)

    def _predicted(
        self,
        outcome: str,
        do: Mapping[str, Any] | None,
        given: Mapping[str, Any] | None,
        query: Query | str | None,
        asking: Asking,
    ) -> PredictionInterval:
        """Where draws lie, from the rows of the fit (see `running.estimates.conformal`)."""
        if query is not None:
            check_stated(self.program, self.schema.check, query)
        with our_arithmetic(gradients=True):
            return predicted(self._answering_again(asking), outcome, do, given, query, asking)

    def _answering_again(self, asking: Asking) -> Answerer:
        """What answers for the table, kept from the last call where no other store is named."""
        self.observed(asking.data)  # which refuses another table
        self._keep_in(asking.store)
        if self._answerer is None:
            self._answerer = self._answering()
        return self._answerer

    def _keep_in(self, store: str | os.PathLike[str] | None) -> None:
        """Keep what estimates learn in a store; what was learned before is learned for it, or found there."""
        if store is None:
            return
        if not isinstance(store, str | os.PathLike):
            raise DataError(f"store is {store!r:.80}; give a folder, or a URL such as s3://bucket/store")
        found = artefacts_at(store, self.device)
        if self._kept is None or self._kept.store.where != found.store.where:
            self._kept, self._answerer = found, None

    def _move_kept(self, device: torch.device) -> None:
        """What was learned for estimates is learned for the new device, or found in the store."""
        self._answerer = self._again = None
        if self._kept is not None:
            self._kept = self._kept.on(device)

    def _answering(self) -> Answerer:
        fitted, observed = self.fitted, self.observed()
        return Answerer(
            fitted.program, fitted.schema, observed, fitted.named, fitted.applied, self.device, self._refits, self._kept
        )

    def _refits(self) -> Refits:
        """What is fitted to rows that are drawn again; kept, once it is made."""
        if self._again is None:
            self._again = Refits(self.fitted, self.observed(), self.device, self._like)
        return self._again
