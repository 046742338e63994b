"""Visits without a browser: they ask a server for runs of pages and wait for the end of each."""

import contextlib
from collections.abc import AsyncIterator

from streamlit.proto import BackMsg_pb2, ForwardMsg_pb2
from websockets.asyncio.client import ClientConnection, connect

DONE = ForwardMsg_pb2.ForwardMsg.FINISHED_SUCCESSFULLY


class Visit:
    """One visit. It sends what a press on a page does, and nothing of what its widgets hold."""

    def __init__(self, socket: ClientConnection) -> None:
        self._socket = socket
        self._pages: dict[str, str] = {}  # the hash of each, by the end of its address
        self._query = self._shown = ""

    def go_to(self, name: str) -> None:
        """Ask for another page from now on, by the end of its address."""
        self._shown = self._pages[name or "overview"]

    async def run(self) -> None:
        """Ask for a run of the page shown, with the link that the server wrote last."""
        asked = BackMsg_pb2.BackMsg()
        asked.rerun_script.query_string = self._query
        asked.rerun_script.page_script_hash = self._shown
        await self._socket.send(asked.SerializeToString())
        while True:
            told = ForwardMsg_pb2.ForwardMsg.FromString(await self._socket.recv())
            kind = told.WhichOneof("type")
            if kind == "navigation":
                pages = told.navigation.app_pages
                self._pages = {page.page_name.lower(): page.page_script_hash for page in pages}
            elif kind == "page_info_changed":
                self._query = told.page_info_changed.query_string
            elif kind == "script_finished" and told.script_finished == DONE:
                return


@contextlib.asynccontextmanager
async def visit(url: str) -> AsyncIterator[Visit]:
    """Visit a server, and see its first page."""
    address = f"{url.replace('http', 'ws', 1)}/_stcore/stream"
    async with connect(
        address, subprotocols=["streamlit"], max_size=None, origin=url, ping_interval=None
    ) as socket:
        visitor = Visit(socket)
        await visitor.run()
        yield visitor
