"""The document that a browser loads: Streamlit's, with the dashboard's style in it from the start.

Streamlit's own way for styles, `st.html`, brings them after the first picture, and what stands by
then moves under the eyes. A server that has sent no such document brings them that way.
"""

import pathlib

from starlette import datastructures, middleware
from starlette.types import ASGIApp, Message, Receive, Scope, Send

STYLE = f"<style>{(pathlib.Path(__file__).parent / 'page.css').read_text(encoding='utf-8')}</style>"
# An answer that is to be added to is whole, fresh and not compressed; what says so is left out.
_ASKED = {b"accept-encoding", b"if-none-match", b"if-modified-since", b"range"}
_SAID = ("etag", "last-modified", "accept-ranges")


class Styled:
    """ASGI middleware that adds the style to every HTML document."""

    served = False  # whether a document went out: only then has a browser the style

    def __init__(self, app: ASGIApp) -> None:
        """Take the application that answers."""
        self._app = app
        self._style = STYLE.encode()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request; to a browser what follows a document's end is a part of it."""
        if not _asks_for_a_document(scope):
            await self._app(scope, receive, send)
            return
        html = False

        async def send_styled(message: Message) -> None:
            nonlocal html
            if message["type"] == "http.response.start":
                headers = datastructures.MutableHeaders(scope=message)
                html = headers.get("content-type", "").startswith("text/html")
                if html:
                    self._describe(headers)
            elif html and not message.get("more_body"):
                message["body"] = message.get("body", b"") + self._style
                Styled.served = True
            await send(message)

        asked = [(name, value) for name, value in scope["headers"] if name not in _ASKED]
        await self._app(scope | {"headers": asked}, receive, send_styled)

    def _describe(self, headers: datastructures.MutableHeaders) -> None:
        if "content-length" in headers:
            headers["content-length"] = str(int(headers["content-length"]) + len(self._style))
        for name in _SAID:
            del headers[name]


STYLED = middleware.Middleware(Styled)


def _asks_for_a_document(scope: Scope) -> bool:
    if scope["type"] != "http" or scope["method"] != "GET":
        return False
    return "text/html" in datastructures.Headers(scope=scope).get("accept", "")
