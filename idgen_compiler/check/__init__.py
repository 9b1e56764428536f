"""Checking a graph on data: what an ADMG says about P(V) that a table of observations can contradict."""

from idgen_compiler.check.check import check_graph
from idgen_compiler.check.implication import Fixing, Implication, implications
from idgen_compiler.check.report import Finding, GraphCheck

__all__ = ["Finding", "Fixing", "GraphCheck", "Implication", "check_graph", "implications"]
