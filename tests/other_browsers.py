"""Does in Firefox and in Safari's engine what hands do, on a dashboard of its own.

A cell of the heatmap is clicked, a filtered gallery's card is stepped through and closed, a digit
is drawn. Both browsers speak WebDriver, so Python needs nothing besides the dashboard. It is run
by its name, since most machines lack these browsers:

    apt-get install firefox-esr webkit2gtk-driver xvfb
    MNISTDASH_DATA=../shared/data python tests/other_browsers.py [firefox|webkit]
"""

import argparse
import contextlib
import functools
import json
import os
import pathlib
import re
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator, Sequence

REPO = pathlib.Path(__file__).parents[1]
PATIENCE = 60  # seconds, for whatever is waited for
LIBRARIES = pathlib.Path("/usr/lib")
ESCAPE = "\ue00c"
SEVEN = ((0.3, 0.25), (0.5, 0.25), (0.7, 0.25), (0.6, 0.5), (0.5, 0.78))  # of the canvas's sides
# WebDriver's three commands that a hand needs, as Firefox's own protocol calls them.
MARIONETTE = {
    "url": "WebDriver:Navigate",
    "execute/sync": "WebDriver:ExecuteScript",
    "actions": "WebDriver:PerformActions",
}
# What a selector finds that is on the page, inside components too; once scrolled to, where it is.
FIND = """
const [selector, look] = arguments;
const find = (root) => [...root.querySelectorAll("*")].flatMap((element) => [
  ...(element.matches(selector) && element.getClientRects().length ? [element] : []),
  ...(element.shadowRoot ? find(element.shadowRoot) : []),
]);
const place = (element) => {
  if (look) element.scrollIntoView({ block: "center", behavior: "instant" });
  const { x, y, width, height } = element.getBoundingClientRect();
  const text = element.ariaLabel ?? element.innerText;
  return { text, x, y, width, height, color: getComputedStyle(element).color };
};
return find(document).slice(0, look ? 1 : undefined).map(place);
"""

Command = Callable[[str, dict], object]


class Hand:
    """Looks, clicks, types and draws, by commands of WebDriver."""

    def __init__(self, command: Command) -> None:
        self._command = command

    def open(self, url: str) -> None:
        """Go to an address."""
        self._command("url", {"url": url})

    def find(self, selector: str, *, look: bool = False) -> list[dict]:
        """Return text, place and colour of what is there, of the first only if looked at."""
        script = {"script": FIND, "args": [selector, look]}
        return self._command("execute/sync", script)

    def wait(self, selector: str, text: str = "", *, count: int | None = None) -> list[dict]:
        """Wait for elements, the first with this in its text; `count` of them if that is given."""
        deadline = time.monotonic() + PATIENCE
        while True:
            found = self.find(selector)
            if count is None and found and re.search(text, found[0]["text"]):
                return found
            if count is not None and len(found) == count:
                return found
            if time.monotonic() > deadline:
                seen = found[0]["text"] if found else "none"
                wanted = f"{selector} {text or ''} {'' if count is None else count}"
                raise AssertionError(f"waited for {wanted}; there are {len(found)}: {seen}")
            time.sleep(0.1)

    def click(self, selector: str) -> None:
        """Click the first that a selector finds."""
        self.wait(selector)
        box = self.find(selector, look=True)[0]
        self._drag([(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)])

    def draw(self, selector: str, points: Sequence[tuple[float, float]]) -> None:
        """Draw a line inside an element, along points in shares of its sides."""
        self.wait(selector)
        box = self.find(selector, look=True)[0]
        self._drag([(box["x"] + x * box["width"], box["y"] + y * box["height"]) for x, y in points])

    def press(self, key: str) -> None:
        """Press a key."""
        events = [{"type": "keyDown", "value": key}, {"type": "keyUp", "value": key}]
        self._command("actions", {"actions": [{"type": "key", "id": "keys", "actions": events}]})

    def _drag(self, points: Sequence[tuple[float, float]]) -> None:
        moves = [
            {"type": "pointerMove", "duration": 60, "x": round(x), "y": round(y)} for x, y in points
        ]
        events = [moves[0], {"type": "pointerDown", "button": 0}, *moves[1:]]
        events.append({"type": "pointerUp", "button": 0})
        mouse = {"type": "pointer", "id": "mouse", "actions": events}
        self._command("actions", {"actions": [mouse]})


# --- what hands do --------------------------------------------------------------------------


def confusion(hand: Hand, url: str) -> str:
    """Click a cell of the heatmap: as many images as it says are shown."""
    hand.open(f"{url}/confusion")
    selector = "[role=gridcell].shown[aria-label^='9 read as 4']"
    cell = hand.wait(selector)[0]["text"]
    hand.click(selector)
    images = int(re.search(r"([\d,]+) image", cell).group(1).replace(",", ""))
    tiles = hand.wait("button.tile", count=images)
    return f"{cell}: {len(tiles)} tiles"


def gallery(hand: Hand, url: str) -> str:
    """Open the card of a filtered tile, step on, and close it by key."""
    hand.open(f"{url}/gallery?true=4&pred=9")
    tiles = hand.wait("button.tile", r": 4 read as 9")
    wrong, title = (hand.find(selector)[0]["color"] for selector in (".answer.wrong", "h1"))
    assert wrong != title, f"the colours of page.css don't reach the tiles: {wrong}"
    first, second = (re.search(r"Image (\d+)", tile["text"]).group(1) for tile in tiles[:2])
    hand.click("button.tile")
    hand.wait(".verdict", rf"#{first}\b")
    hand.click("button.next")
    hand.wait(".verdict", rf"#{second}\b")
    hand.press(ESCAPE)
    hand.wait(".verdict", count=0)
    return f"{len(tiles)} tiles, cards {first} and {second}, closed"


def draw(hand: Hand, url: str) -> str:
    """Draw a seven: it is read."""
    hand.open(f"{url}/draw")
    hand.draw("canvas.upper-canvas", SEVEN)
    return f"answer {hand.wait('.answer', '^7')[0]['text']}"


# --- the browsers ---------------------------------------------------------------------------


@contextlib.contextmanager
def firefox(folder: pathlib.Path) -> Iterator[Command]:
    """Start Firefox; its driver is not packaged by Debian, what that speaks to is in Firefox."""
    binary = _program("firefox-esr", "firefox", package="firefox-esr")
    port = _free_port()
    (folder / "user.js").write_text(f'user_pref("marionette.port", {port});\n', encoding="utf-8")
    command = [binary, "--headless", "--marionette", "--profile", str(folder)]
    command += ["--width", "1400", "--height", "900"]
    with _running(command), _connected(port) as connection, connection.makefile("rwb") as stream:
        _receive(stream)
        send = functools.partial(_marionette, stream)
        send("WebDriver:NewSession", {})
        yield lambda name, values: send(MARIONETTE[name], values)


@contextlib.contextmanager
def webkit(folder: pathlib.Path) -> Iterator[Command]:
    """Start WebKitGTK's small browser in a display of its own."""
    driver = _program("WebKitWebDriver", package="webkit2gtk-driver")
    found = sorted(LIBRARIES.glob("*/webkit2gtk-4.*/MiniBrowser"))
    if not found:
        raise SystemExit("There is no MiniBrowser: apt-get install webkit2gtk-driver")
    options = {"binary": str(found[-1]), "args": ["--automation"]}
    port = _free_port()
    display = [_program("xvfb-run", package="xvfb"), "-a", "-s", "-screen 0 1400x900x24"]
    with _running([*display, driver, f"--port={port}"], HOME=str(folder)):
        _connected(port).close()
        post = functools.partial(_post, f"http://127.0.0.1:{port}")
        wanted = {"alwaysMatch": {"webkitgtk:browserOptions": options}}
        session = post("session", {"capabilities": wanted})["sessionId"]
        post(f"session/{session}/window/rect", {"width": 1400, "height": 900})
        yield lambda name, values: post(f"session/{session}/{name}", values)


def _post(url: str, path: str, values: dict) -> object:
    body = json.dumps(values).encode()
    request = urllib.request.Request(f"{url}/{path}", body, {"Content-Type": "application/json"})
    try:
        with urllib.request.urlopen(request, timeout=PATIENCE) as reply:
            return json.load(reply)["value"]
    except urllib.error.HTTPError as error:
        raise AssertionError(error.read().decode()) from None


def _marionette(stream: object, name: str, values: dict) -> object:
    """Send a command, `length:[0, id, name, values]`, and read `length:[1, id, error, result]`."""
    body = json.dumps([0, 1, name, values])
    stream.write(f"{len(body)}:{body}".encode())
    stream.flush()
    _, _, error, result = _receive(stream)
    assert error is None, error
    return result.get("value")


def _receive(stream: object) -> list | dict:
    length = b""
    while (digit := stream.read(1)) != b":":
        assert digit, "the browser has ended"
        length += digit
    return json.loads(stream.read(int(length)))


def _program(*names: str, package: str) -> str:
    for name in names:
        if found := shutil.which(name):
            return found
    raise SystemExit(f"There is no {names[0]}: apt-get install {package}")


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def _connected(port: int) -> socket.socket:
    """Wait until somebody listens on a port."""
    deadline = time.monotonic() + PATIENCE
    while True:
        try:
            return socket.create_connection(("127.0.0.1", port), timeout=PATIENCE)
        except OSError:
            if time.monotonic() > deadline:
                raise
            time.sleep(0.1)


@contextlib.contextmanager
def _running(command: list[str], **env: str) -> Iterator[None]:
    """Run a program; end it and all that it started."""
    quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
    process = subprocess.Popen(
        command, cwd=REPO, env=os.environ | env, start_new_session=True, **quiet
    )
    try:
        yield
    finally:
        for sent in (signal.SIGTERM, signal.SIGKILL):
            with contextlib.suppress(ProcessLookupError):
                os.killpg(process.pid, sent)
            with contextlib.suppress(subprocess.TimeoutExpired):
                process.wait(timeout=5)


@contextlib.contextmanager
def _dashboard(home: pathlib.Path) -> Iterator[str]:
    port = _free_port()
    command = [sys.executable, "-m", "streamlit", "run", "app.py", "--server.port", str(port)]
    command += ["--server.headless", "true", "--server.fileWatcherType", "none"]
    with _running(command, MNISTDASH_HOME=str(home), MNISTDASH_DOWNLOAD="0"):
        _connected(port).close()
        yield f"http://127.0.0.1:{port}"


def main() -> int:
    """Do all in the browsers asked for; return 1 if anything failed."""
    browsers = {"firefox": firefox, "webkit": webkit}
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("browser", nargs="?", choices=browsers)
    wanted, failed = parser.parse_args().browser, 0
    with contextlib.ExitStack() as stack:
        folder = functools.partial(tempfile.TemporaryDirectory, ignore_cleanup_errors=True)
        url = stack.enter_context(_dashboard(pathlib.Path(stack.enter_context(folder()))))
        for name in [wanted] if wanted else browsers:
            with folder() as profile, browsers[name](pathlib.Path(profile)) as command:
                for task in (confusion, gallery, draw):
                    try:
                        said = task(Hand(command), url)
                    except AssertionError as error:
                        said, failed = f"FAILED: {error}", 1
                    print(f"{name:8} {task.__name__:10} {said}", flush=True)
    return failed


if __name__ == "__main__":
    sys.exit(main())
