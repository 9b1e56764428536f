"""Who makes what: a claim is a file with a heartbeat, and one whose process is dead is taken over.

Clocks are not compared. Who waits watches whether the heartbeat still changes; that of a process of this machine which
is gone is dead at once. Where two take over the same claim in the same moment both make the same thing: nothing is lost
by that, since a store keeps the first of two that are whole.
"""

from __future__ import annotations

import json
import os
import socket
import threading
import time
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from idgen_compiler.errors import DataError
from idgen_compiler.store.files import Files

__all__ = ["Claims", "Holder"]

BEAT, DEAD = 2.0, 30.0
"""Seconds between two beats, and after how many without one a claim is dead."""

_TAKEN = 3
"""A claim that is another's at so many beats in turn was taken over; a place may show once what was there before."""

_SOON, _LATE = 0.02, 1.0
"""Who waits looks after so many seconds, and later less often."""


@dataclass(frozen=True, slots=True)
class Holder:
    """Whose a claim is: its machine and process, and a token that no other claim has."""

    machine: str
    process: int
    started: str
    token: str

    @classmethod
    def me(cls) -> Holder:
        """This process, with a new token."""
        return cls(_machine(), os.getpid(), _started(os.getpid()), uuid.uuid4().hex)

    @property
    def is_gone(self) -> bool:
        """Whether it was a process of this machine that is no more."""
        return self.machine == _machine() and _started(self.process) != self.started

    def __str__(self) -> str:
        return f"process {self.process} of {self.machine.partition(' ')[0]}"


@dataclass(frozen=True)
class Claims:
    """The claims of a store, one file each in the folder `claims`."""

    files: Files

    @contextmanager
    def held(
        self, key: str, there: Callable[[], bool], waiting: Callable[[Holder], None] | None = None
    ) -> Iterator[bool]:
        """True while the claim is held, to make what it is of; False once `there` says that it has been made.

        `waiting` is told once whom this waits for.
        """
        name = f"claims/{key}.json"
        mine = self._taken(name, there, waiting)
        if mine is None:
            yield False
            return
        stop = threading.Event()
        beating = threading.Thread(target=self._beat, args=(name, mine, stop), daemon=True)
        beating.start()
        try:
            yield not there()  # whoever held it before may have made it meanwhile
        finally:
            stop.set()
            beating.join()
            found = self._read(name)
            if found is not None and found[0].token == mine.token:
                self.files.remove(name)

    def holder(self, key: str) -> Holder | None:
        """Whose claim something is."""
        found = self._read(f"claims/{key}.json")
        return None if found is None else found[0]

    def _taken(self, name: str, there: Callable[[], bool], waiting: Callable[[Holder], None] | None) -> Holder | None:
        """A claim of this process, or None once what it is of is there."""
        mine, pause = Holder.me(), _SOON
        seen: tuple[Holder, int] | None = None
        since, told = time.monotonic(), False
        while not there():
            if self.files.create(name, _written(mine, 0)):
                return mine
            found = self._read(name)
            if found is None:  # gone, or not readable: what is not gone after a while was never whole
                found = (Holder("", 0, "", ""), -1) if name.rpartition("/")[2] in self.files.names("claims") else None
            if found != seen:
                seen, since = found, time.monotonic()
            if found is None:
                continue
            if found[0].is_gone or time.monotonic() - since > DEAD:
                if self._read(name) in (None, found):
                    self.files.remove(name)
                continue
            if waiting is not None and not told and found[0].token:
                waiting(found[0])
                told = True
            time.sleep(pause)
            pause = min(_LATE, 1.5 * pause)
        return None

    def _read(self, name: str) -> tuple[Holder, int] | None:
        try:
            found: dict[str, Any] = json.loads(self.files.read(name))
            beat = int(found.pop("beat"))
            return Holder(**found), beat
        except (OSError, ValueError, TypeError, KeyError, AttributeError):
            return None

    def _beat(self, name: str, mine: Holder, stop: threading.Event) -> None:
        beat = others = 0
        while not stop.wait(BEAT):
            beat += 1
            found = self._read(name)
            if found is not None and found[0].token != mine.token:
                others += 1  # it was taken over and is another's now, or this is what was there before
                if others == _TAKEN:
                    return
                continue
            others = 0
            with suppress(DataError, OSError):  # a disk that is full for a while loses a beat
                self.files.write(name, _written(mine, beat))


def _written(holder: Holder, beat: int) -> bytes:
    told = {"machine": holder.machine, "process": holder.process, "started": holder.started, "token": holder.token}
    return json.dumps(told | {"beat": beat}).encode()


def _machine() -> str:
    """What tells this machine, since it was started, and its numbering of processes from any other."""
    found = [socket.gethostname()]
    with suppress(OSError):
        found.append(Path("/proc/sys/kernel/random/boot_id").read_text("utf-8").strip())
        found.append(str(os.stat("/proc/self/ns/pid").st_ino))
    return " ".join(found)


def _started(process: int) -> str:
    """When a process was started, which tells it from a later one of the same number; empty for one that is gone."""
    try:
        told = Path(f"/proc/{process}/stat").read_text("utf-8")
        fields = told.rpartition(")")[2].split()
        return "" if fields[0] == "Z" else fields[19]
    except (OSError, IndexError):
        pass
    if Path("/proc/self/stat").exists():
        return ""
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return ""
    except OSError:
        pass
    return "?"
