"""The document that a browser loads: the style is in it, and all else passes as it came."""

import asyncio

import pytest
from starlette import responses
from starlette.types import Receive, Scope, Send

from mnistdash.ui import document

PAGE = "<!DOCTYPE html><title>Streamlit</title>"
BROWSER = [(b"accept", b"text/html,*/*;q=0.8"), (b"accept-encoding", b"gzip")]


@pytest.fixture(autouse=True)
def nothing_served(monkeypatch: pytest.MonkeyPatch) -> None:
    """No document went out before the test, nor did one after it."""
    monkeypatch.setattr(document.Styled, "served", False)


def answer(
    response: responses.Response,
    *,
    method: str = "GET",
    headers: list[tuple[bytes, bytes]] = BROWSER,
) -> tuple[dict[str, str], str, list[bytes]]:
    """Ask for an application's answer; return its headers, its body, and what it was asked with."""
    asked: list[bytes] = []
    sent: list[dict] = []

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        asked.extend(name for name, _ in scope["headers"])
        await response(scope, receive, send)

    async def receive() -> dict:
        return {"type": "http.request"}

    async def send(message: dict) -> None:
        sent.append(message)

    scope = {"type": "http", "method": method, "path": "/", "headers": headers}
    asyncio.run(document.Styled(app)(scope, receive, send))
    said = {name.decode(): value.decode() for name, value in sent[0]["headers"]}
    return said, b"".join(message.get("body", b"") for message in sent[1:]).decode(), asked


def test_document_ends_with_the_style() -> None:
    """The length is that of the whole; no browser may keep it by the mark of the part."""
    response = responses.HTMLResponse(PAGE, headers={"etag": '"1"', "cache-control": "no-cache"})
    said, body, asked = answer(response, headers=[*BROWSER, (b"if-none-match", b'"1"')])
    assert body == PAGE + document.STYLE
    assert int(said["content-length"]) == len(body.encode())
    assert "etag" not in said
    assert said["cache-control"] == "no-cache"
    assert asked == [b"accept"]
    assert document.Styled.served


@pytest.mark.parametrize(
    ("response", "asked"),
    [
        (responses.PlainTextResponse("ok"), {}),
        (responses.HTMLResponse(PAGE), {"headers": [(b"accept", b"*/*")]}),
        (responses.HTMLResponse(""), {"method": "HEAD"}),
    ],
    ids=["text", "script", "head"],
)
def test_all_else_passes(response: responses.Response, asked: dict) -> None:
    """What is no document, or isn't asked for as one, is not touched."""
    said, body, _ = answer(response, **asked)
    assert body == response.body.decode()
    assert int(said["content-length"]) == len(response.body)
