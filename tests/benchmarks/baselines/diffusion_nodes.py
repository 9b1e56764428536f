"""Cond and DCM: diffusion models of observed conditionals, which know no hidden causes.

Cond samples P(y | x). DCM (Chao et al. 2023, "Modeling causal mechanisms with diffusion models for interventional and
counterfactual queries") drops the bidirected edges, models each node given its parents by noise prediction, and
propagates: roots are resampled, DDIM decodes from fresh noise. Under do(x) only descendants of X are sampled from their
models; the napkin's is Y, whose parent is X, so both answer with P(y | x) and differ in the objective and the sampler.
Its released code models numbers only, so images take our UNet.
"""

from __future__ import annotations

from dataclasses import replace

from idgen_compiler.data.part import Part
from idgen_torch.families import Diffusion, Run, Task
from idgen_torch.families.images.drawn import DiffusionModel
from idgen_torch.parts import Values

__all__ = ["cond", "dcm"]


def cond(y: Part, x: Part, rows: Values, how: Diffusion, run: Run) -> DiffusionModel:
    """P(y | x), with our objective and sampler."""
    return how.fit(Task((y,), (x,), rows), run)


def dcm(y: Part, x: Part, rows: Values, how: Diffusion, run: Run) -> DiffusionModel:
    """Y given its parent X, by noise prediction and DDIM."""
    by_noise = replace(how, objective="epsilon", sampler="ddim", sampling_steps=50)
    return by_noise.fit(Task((y,), (x,), rows), run)
