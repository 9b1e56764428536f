"""The command `idgen`: compile, verify, fit, sample, demo, catalog."""

from idgen_compiler.cli.app import main

__all__ = ["main"]
