"""Who may ask: a bearer token, compared in constant time; without one, only who names this machine."""

from __future__ import annotations

import hmac
import os
import re
from pathlib import Path

from starlette.datastructures import Headers
from starlette.types import ASGIApp, Receive, Scope, Send

from idgen_compiler.errors import IdgenError
from idgen_compiler.serving.http.asking import Refused
from idgen_compiler.serving.http.problems import answer_of

__all__ = ["OPEN", "TOKEN", "Guard", "is_loopback", "read_token"]

TOKEN = "IDGEN_TOKEN"
"""The environment variable that holds the token where nobody says another place."""

OPEN = ("/health",)
"""What answers without a token: it says no more than that the server is well."""

_LEAST = 16
_LOOPBACK = re.compile(r"localhost|127(\.\d{1,3}){3}|\[?::1\]?", re.IGNORECASE)


def is_loopback(host: str) -> bool:
    """Whether a host is this machine itself, which nobody else reaches.

    >>> is_loopback("127.0.0.1"), is_loopback("0.0.0.0")
    (True, False)
    """
    return _LOOPBACK.fullmatch(host) is not None


def read_token(place: str | None) -> str | None:
    """The token of `env:NAME` or of a file; of the variable IDGEN_TOKEN, if it is set, where no place is said.

    Raises IdgenError for a place without one, and for a token that is too short or has what no header can hold.
    """
    if place is None and not os.environ.get(TOKEN):
        return None
    if place is None or place.startswith("env:"):
        name = TOKEN if place is None else place.removeprefix("env:")
        found = os.environ.get(name, "")
        where = f"the environment variable {name}"
    else:
        where = f"the file {place}"
        try:
            found = Path(place).read_text("utf-8")
        except (OSError, UnicodeDecodeError) as error:
            raise IdgenError(f"--token: {where} cannot be read ({error}); give a file, or env:NAME") from None
    token = found.strip()
    if len(token) < _LEAST or not re.fullmatch(r"[\x21-\x7e]+", token):
        raise IdgenError(
            f"--token: {where} holds no token of at least {_LEAST} visible characters of ASCII; make one by: "
            'python -c "import secrets; print(secrets.token_urlsafe(32))"'
        )
    return token


class Guard:
    """Middleware that refuses who has no token (401).

    Where there is none and the server is bound to this machine alone (`local`), it refuses requests that name another
    host, which a page in a browser could send by a name that it has pointed here.
    """

    def __init__(self, app: ASGIApp, token: str | None, local: bool) -> None:
        self._app, self._local = app, local
        self._wanted = None if token is None else f"Bearer {token}".encode()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        refusal = self._refusal(scope) if scope["type"] == "http" else None
        await (self._app if refusal is None else answer_of(refusal))(scope, receive, send)

    def _refusal(self, scope: Scope) -> Refused | None:
        headers = Headers(scope=scope)
        if self._wanted is None:
            host = re.sub(r":\d*$", "", headers.get("host", "localhost"))
            if self._local and not is_loopback(host):
                return Refused(
                    421, "this server answers this machine alone, as 127.0.0.1 or localhost; start it with --token"
                )
            return None
        said = headers.get("authorization", "").encode("latin-1", "replace")
        scheme, _, rest = said.partition(b" ")
        if scope["path"] in OPEN or hmac.compare_digest(scheme.title() + b" " + rest.strip(), self._wanted):
            return None
        return Refused(
            401, "the token is missing or another; send Authorization: Bearer TOKEN", {"WWW-Authenticate": "Bearer"}
        )
