"""Refusing requests that are too large before any of them is read, for any ASGI application."""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any

Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
Application = Callable[[Message, Receive, Send], Awaitable[None]]


class BodyLimit:
    """ASGI middleware: a body of more than `most` bytes, or of unknown length, is answered by 413 and one line.

    Args:
        app: what is asked otherwise.
        most: bytes.
    """

    def __init__(self, app: Application, most: int = 1_000_000):
        self.app, self.most = app, most

    async def __call__(self, scope: Message, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or scope["method"] == "GET" or self._fits(dict(scope["headers"])):
            await self.app(scope, receive, send)
            return
        content = json.dumps({"detail": f"A body of at most {self.most} bytes, with its length."}).encode()
        headers = [(b"content-type", b"application/json"), (b"content-length", b"%d" % len(content))]
        await send({"type": "http.response.start", "status": 413, "headers": headers})
        await send({"type": "http.response.body", "body": content})

    def _fits(self, headers: dict[bytes, bytes]) -> bool:
        length = headers.get(b"content-length", b"")
        return length.isdigit() and int(length) <= self.most
