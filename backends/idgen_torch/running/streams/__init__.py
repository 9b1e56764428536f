"""Samples piece by piece: as they are drawn, and as a data set of torch."""

from idgen_torch.running.streams.dataset import SampleDataset
from idgen_torch.running.streams.pieces import Pieces
from idgen_torch.running.streams.streaming import Streaming

__all__ = ["Pieces", "SampleDataset", "Streaming"]
