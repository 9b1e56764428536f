"""The store: artefacts by key, written once and whole, shared by processes and machines.

idgen-store.json            what this is
artefacts/KEY.json          the record of an artefact, written last: where it is, the artefact is whole
files/KEY/FOLDER/...        its files, in a folder of whoever made it
claims/KEY.json             who is making it
states/KEY...               a training that is under way
jobs/NAME/...               what a fit lends its workers, while it claims it
"""

from __future__ import annotations

import hashlib
import os
import re
import socket
import tempfile
import time
import uuid
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from idgen_compiler.errors import DataError
from idgen_compiler.store.artefact import Artefact, Kept, key_of
from idgen_compiler.store.claims import Claims, Holder
from idgen_compiler.store.files import Files, Folder, beside
from idgen_compiler.store.jobs import abandoned_jobs
from idgen_compiler.store.place import files_of

__all__ = ["Damage", "Store"]

HEADER, FORMAT = "idgen-store.json", b'{"format": "idgen-store/1"}'
_KEY, _TOKEN = re.compile(r"[0-9a-f]{64}"), re.compile(r"[0-9a-f]{32}")
_HOUR = 3600.0

_WRITING = (0.02, 0.1)
"""So many seconds in turns a record that cannot be read is read again."""


@dataclass(frozen=True, slots=True)
class Damage:
    """Something that is not what was written: of which artefact, and what is wrong."""

    key: str
    what: str

    def __str__(self) -> str:
        return f"{self.key[:12]}: {self.what}"


@dataclass(frozen=True)
class Store:
    """Artefacts by key, on a folder or at a URL; open one by `Store.open`."""

    files: Files

    @classmethod
    def open(cls, where: str | os.PathLike[str], *, make: bool = True) -> Store:
        """The store in a folder, or at a URL of fsspec; it is made where there is none, if it may be.

        Raises DataError for a place that cannot be written, that holds something else, or no store where none is made.

        >>> import tempfile
        >>> with tempfile.TemporaryDirectory() as folder:
        ...     len(list(Store.open(folder).artefacts()))
        0
        """
        local = isinstance(where, str | os.PathLike) and "://" not in os.fspath(where)
        if local and not make and not (Path(where) / HEADER).is_file():
            raise DataError(f"{os.fspath(where)} is no store: it has no {HEADER}; give the folder of fit's store=")
        files = files_of(where)
        try:
            if files.read(HEADER) != FORMAT:
                raise DataError(f"{files.where} is a store of another version; give a new folder")
        except FileNotFoundError:
            if not make:
                raise DataError(f"{files.where} is no store: it has no {HEADER}") from None
            if others := beside(files, HEADER):
                raise DataError(
                    f"{files.where} is no store and holds {others[0]}; give a folder that is empty or not there"
                ) from None
            files.write(HEADER, FORMAT)
        except OSError as error:
            raise DataError(f"{files.where} cannot be read ({error}); give another store") from None
        store = cls(files)
        if make:
            for name in store._dead_claims():
                files.remove(name)
        return store

    @property
    def where(self) -> str:
        """Its folder or URL."""
        return self.files.where

    # -- reading --------------------------------------------------------------------------------------------------

    def find(self, key: str) -> Artefact | None:
        """The artefact of a key; None where there is none.  Raises DataError for a record that is broken."""
        name = _record(key)
        for pause in (*_WRITING, None):
            try:
                found = Artefact.from_json(self.files.read(name))
            except FileNotFoundError:
                return None
            except OSError as error:
                raise self._broken(name, error) from None
            except DataError as error:  # which somebody may be writing, where files do not appear whole
                if pause is None:
                    raise self._broken(name, error) from None
                time.sleep(pause)
                continue
            break
        if found.key != key or not _TOKEN.fullmatch(found.folder):
            raise self._broken(name, "it is of another artefact")
        return found

    def awaited(self, key: str) -> Artefact | None:
        """The artefact of a key that was there, or has just been made by another one, as soon as it is seen."""
        for pause in (*self.files.late, None):
            if (found := self.find(key)) is not None or pause is None:
                return found
            time.sleep(pause)
        return None

    def __contains__(self, key: str) -> bool:
        return self.find(key) is not None

    @contextmanager
    def opened(self, artefact: Artefact) -> Iterator[Path]:
        """A folder of this machine with the artefact's files, to be read; that it is used is noted.

        Every byte is held against the record before; raises DataError where one is not what was written.
        """
        self.files.touch(_record(artefact.key))
        for pause in (*self.files.late, None):
            with self._folder(artefact) as folder:
                wrong = next((text for kept in artefact.files if (text := kept.wrong(folder))), "")
                if not wrong:
                    yield folder
                    return
            if pause is None:
                raise DataError(f"{artefact.title} in {self.where} is damaged: {wrong}")
            time.sleep(pause)  # its files may be seen later than its record

    def _folder(self, artefact: Artefact) -> AbstractContextManager[Path]:
        names = [kept.name for kept in artefact.files]
        found: AbstractContextManager[Path] = self.files.folder(f"files/{artefact.key}/{artefact.folder}", names)
        return found

    def artefacts(self) -> Iterator[Artefact]:
        """All of them, as they can be read; `verify` says which cannot."""
        for key in self._keys():
            try:
                found = self.find(key)
            except DataError:
                continue
            if found is not None:
                yield found

    def meant(self, start: str) -> Artefact:
        """The artefact whose key begins so.  Raises DataError for none and for several."""
        found = [key for key in self._keys() if start and key.startswith(start)]
        if len(found) != 1:
            raise DataError(
                f"{len(found)} artefacts of {self.where} have a key that begins with {start!r}; `ls` lists them"
            )
        artefact = self.find(found[0])
        if artefact is None:
            raise DataError(f"the artefact {found[0]} has just been deleted")
        return artefact

    # -- writing --------------------------------------------------------------------------------------------------

    def keep(
        self,
        kind: str,
        title: str,
        depends: Mapping[str, Any],
        write: Callable[[Path], Mapping[str, Any]],
        seconds: float = 0.0,
    ) -> Artefact:
        """Keep what `write` writes into an empty folder, with the record that it returns.

        The first of two that are whole stays. Raises DataError where it cannot be written.
        """
        key, folder = key_of(kind, depends), uuid.uuid4().hex
        with tempfile.TemporaryDirectory(prefix="idgen-store-") as scratch:
            record = write(Path(scratch))
            kept = tuple(Kept.of(path) for path in sorted(Path(scratch).iterdir()))
            with self._gone_if_it_fails(key, folder):
                for one in kept:
                    self.files.put(Path(scratch) / one.name, f"files/{key}/{folder}/{one.name}")
        made = datetime.now(UTC).isoformat(timespec="seconds")
        artefact = Artefact(
            key, kind, title, dict(depends), dict(record), kept, folder, seconds, made, socket.gethostname()
        )
        with self._gone_if_it_fails(key, folder):
            first = self.files.create(_record(key), artefact.to_json())
        if not first:
            self.files.remove(f"files/{key}/{folder}")
            return self.find(key) or artefact
        return artefact

    @contextmanager
    def _gone_if_it_fails(self, key: str, folder: str) -> Iterator[None]:
        """Delete files that no record names, whatever the failure; an interruption may come after the record."""
        try:
            yield
        except BaseException:
            found = self.find(key)
            if found is None or found.folder != folder:
                self.files.remove(f"files/{key}/{folder}")
            raise

    @contextmanager
    def claimed(self, key: str, waiting: Callable[[Holder], None] | None = None) -> Iterator[bool]:
        """A context that is True while this process alone is to make an artefact, False once it is there.

        What a writer of it that was killed had half written goes then.
        """
        with Claims(self.files).held(key, lambda: key in self, waiting) as mine:
            if mine and isinstance(self.files, Folder):
                self.files.tidy(f"files/{key}")
            yield mine

    def state(self, key: str, suffix: str) -> Path:
        """The file that a training under way may keep its state in, on this machine; `settled` deletes it.

        At a URL it is in the machine's folder for temporary files.
        """
        if isinstance(self.files, Folder):
            folder = self.files.path / "states"
        else:
            named = hashlib.sha256(self.where.encode()).hexdigest()[:16]
            folder = Path(tempfile.gettempdir()) / f"idgen-states-{named}"
        with suppress(OSError):  # a disk that is full costs the state, as its writer says, and not the training
            folder.mkdir(parents=True, exist_ok=True)
        return folder / f"{key}{suffix}"

    def settled(self, key: str) -> None:
        """Delete the states of a training that is over."""
        for path in self.state(key, "").parent.glob(f"{key}*"):
            path.unlink(missing_ok=True)

    def forget(self, key: str) -> None:
        """Delete an artefact: first its record."""
        self.files.remove(_record(key))
        self.files.remove(f"files/{key}")

    # -- care -----------------------------------------------------------------------------------------------------

    def verify(self) -> Iterator[Damage]:
        """Read every byte, and yield what is not what was written."""
        for key in self._keys():
            try:
                artefact = self.find(key)
            except DataError as error:
                yield Damage(key, str(error))
                continue
            if artefact is None:
                continue
            with self._folder(artefact) as folder:
                for kept in artefact.files:
                    if wrong := kept.wrong(folder):
                        yield Damage(key, f"{artefact.title}: {wrong}")

    def unused(self, days: float | None = None, most: int | None = None) -> list[Artefact]:
        """Artefacts that nobody used for so many days, and the longest unused ones beyond so many bytes in all."""
        found = sorted(self.artefacts(), key=self._used)
        now = time.time() if days is None else self.files.now()
        gone = [a for a in found if days is not None and now - self._used(a) > days * 24 * _HOUR]
        left = [a for a in found if a not in gone]
        total = sum(a.size for a in left)
        for artefact in left:
            if most is None or total <= most:
                break
            gone.append(artefact)
            total -= artefact.size
        return gone

    def strays(self) -> list[str]:
        """What no artefact needs: files of writers that were killed, states of what is done, claims of the dead.

        What changed within the last hour is left alone, since somebody may be writing it.
        """
        found = []
        for key in self.files.names("files"):
            try:
                artefact = self.find(key) if _KEY.fullmatch(key) else None
            except DataError:
                continue
            for folder in self.files.names(f"files/{key}"):
                if artefact is None or folder != artefact.folder:
                    found.append(f"files/{key}/{folder}")
        whole = set(self._keys())
        found += [f"states/{name}" for name in self.files.names("states") if name[:64] in whole]
        now = self.files.now() if found else 0.0
        old = [name for name in found if not name.startswith("files/") or self._is_old(name, now)]
        return [*old, *abandoned_jobs(self.files), *self._dead_claims()]

    def sweep(self, names: Sequence[str]) -> None:
        """Delete what `strays` found."""
        for name in names:
            self.files.remove(name)
        for key in self.files.names("files"):
            if not self.files.names(f"files/{key}"):
                self.files.remove(f"files/{key}")

    def export(self, artefact: Artefact, other: Store) -> None:
        """Copy an artefact to another store, unless it is there.  Raises DataError for one that is damaged."""
        if artefact.key in other:
            return
        with self.opened(artefact) as folder:
            for kept in artefact.files:
                other.files.put(folder / kept.name, f"files/{artefact.key}/{artefact.folder}/{kept.name}")
        other.files.create(_record(artefact.key), artefact.to_json())

    def _keys(self) -> list[str]:
        names = [name.removesuffix(".json") for name in self.files.names("artefacts") if name.endswith(".json")]
        return [name for name in names if _KEY.fullmatch(name)]

    def _dead_claims(self) -> list[str]:
        """The claims of processes of this machine that are gone."""
        claims = Claims(self.files)
        holders = {name: claims.holder(name.removesuffix(".json")) for name in self.files.names("claims")}
        return [f"claims/{name}" for name, holder in holders.items() if holder is not None and holder.is_gone]

    def _used(self, artefact: Artefact) -> float:
        try:
            return self.files.used(_record(artefact.key))
        except OSError:  # deleted meanwhile
            return time.time()

    def _is_old(self, folder: str, now: float) -> bool:
        try:
            times = [self.files.used(f"{folder}/{name}") for name in self.files.names(folder)]
        except OSError:
            return False
        return now - max(times, default=0.0) > _HOUR

    def _broken(self, name: str, error: object) -> DataError:
        return DataError(
            f"{self.where}/{name} cannot be read ({error}); `idgen store verify` lists such, and gc deletes"
        )


def _record(key: str) -> str:
    return f"artefacts/{key}.json"
