"""Who may ask."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from starlette.testclient import TestClient

from idgen_compiler.errors import IdgenError
from idgen_compiler.serving.http.guard import is_loopback, read_token
from idgen_compiler.serving.http.run import check_host

Client = Callable[..., TestClient]
TOKEN = "a-token-of-some-length"


@pytest.mark.parametrize("path", ["/program", "/metrics", "/openapi.json", "/docs", "/nowhere"])
def test_a_token_is_wanted(client: Client, exact_folder: Path, path: str) -> None:
    served = client(exact_folder, token=TOKEN)
    for said in (None, "Bearer ", f"Bearer {TOKEN}x", f"Basic {TOKEN}", TOKEN, "Bearer ä"):
        refused = served.get(path, headers={} if said is None else {"Authorization": said.encode("latin-1")})
        assert refused.status_code == 401
        assert refused.headers["www-authenticate"] == "Bearer"
        assert "Authorization: Bearer TOKEN" in refused.json()["detail"]
    for said in (f"Bearer {TOKEN}", f"bearer  {TOKEN}"):
        assert served.get(path, headers={"Authorization": said}).status_code != 401


def test_health_needs_none(client: Client, exact_folder: Path) -> None:
    served = client(exact_folder, token=TOKEN)
    assert served.get("/health").status_code == 200
    assert served.get("/openapi.json", headers={"Authorization": f"Bearer {TOKEN}"}).json()["security"] == [
        {"token": []}
    ]


@pytest.mark.parametrize(("host", "status"), [("localhost:8000", 200), ("[::1]:80", 200), ("evil.example", 421)])
def test_pages_that_point_here_by_another_name_are_refused(
    client: Client, exact_folder: Path, host: str, status: int
) -> None:
    assert client(exact_folder, local=True).get("/program", headers={"Host": host}).status_code == status
    assert client(exact_folder).get("/program", headers={"Host": host}).status_code == 200


def test_tokens_are_read_from_files_and_variables(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("IDGEN_TOKEN", raising=False)
    assert read_token(None) is None
    (tmp_path / "token").write_text(f"{TOKEN}\n")
    assert read_token(str(tmp_path / "token")) == TOKEN
    monkeypatch.setenv("IDGEN_TOKEN", TOKEN)
    monkeypatch.setenv("OTHER", f"{TOKEN}-other")
    assert read_token(None) == TOKEN
    assert read_token("env:OTHER") == f"{TOKEN}-other"


@pytest.mark.parametrize("content", ["", "short", "a token with spaces in it", "ein-schlüssel-mit-umlaut"])
def test_what_is_no_token_is_refused(tmp_path: Path, content: str) -> None:
    (tmp_path / "token").write_text(content, encoding="utf-8")
    with pytest.raises(IdgenError, match="holds no token of at least 16"):
        read_token(str(tmp_path / "token"))


def test_a_token_that_is_not_there_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("LACKING", raising=False)
    with pytest.raises(IdgenError, match="cannot be read"):
        read_token(str(tmp_path / "none"))
    with pytest.raises(IdgenError, match="the environment variable LACKING"):
        read_token("env:LACKING")


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "::1", "127.9.9.9"])
def test_this_machine_alone(host: str) -> None:
    assert is_loopback(host)
    check_host(host, None, False)


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "10.0.0.1", "localhost.evil.example", ""])
def test_others_need_a_token(host: str) -> None:
    with pytest.raises(IdgenError, match="--without-token"):
        check_host(host, None, False)
    check_host(host, TOKEN, False)
    check_host(host, None, True)
