"""Worker processes of this machine as a place to run."""

from idgen_compiler.execute.processes.pool import Processes

__all__ = ["Processes"]
