"""Ray as a place: what is said where there is no cluster, without waiting for one."""

from __future__ import annotations

import socket

import pytest

from idgen_compiler.errors import PlaceError
from idgen_compiler.execute.cluster import Ray

ray = pytest.importorskip("ray")


@pytest.mark.parametrize("scheme", ["", "ray://"])
def test_an_address_where_nobody_listens_is_refused_at_once(scheme: str, monkeypatch: pytest.MonkeyPatch) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        address = f"{scheme}127.0.0.1:{server.getsockname()[1]}"
    monkeypatch.setattr(ray, "is_initialized", lambda: False)
    monkeypatch.setattr(ray, "init", lambda **_: pytest.fail("Ray itself would wait for minutes"))
    with pytest.raises(PlaceError, match=f"no Ray cluster can be joined at {address} .*refused"), Ray(address):
        pass
