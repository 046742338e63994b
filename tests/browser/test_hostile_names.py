"""Names that are markup, code and addresses, on every page of a real browser: they are texts."""

import pathlib
import socket
from collections.abc import Callable, Iterator

import numpy as np
import pytest
from playwright import sync_api

from mnistdash import artifacts, datasets, store

OpenPage = Callable[..., sync_api.Page]
Settled = Callable[[sync_api.Page], None]
PAGES = ("", "confusion", "gallery", "compare", "train", "draw", "data")


@pytest.fixture
def bait() -> Iterator[socket.socket]:
    """A port that nobody may knock at."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        listener.setblocking(False)
        yield listener


@pytest.fixture
def names(bait: socket.socket) -> list[str]:
    """Markdown, HTML, a script, symbols, an arrow and a formula."""
    at = f"127.0.0.1:{bait.getsockname()[1]}"
    return [
        f"![](http://{at}/1.png) :material/home: $x$",
        f"<img src=//{at}/2 onerror=alert(2)>",
        "[a](javascript:alert(3)) <b>b</b> `c`",
        ":smile: :red[r] 2. c -> d -- e",
        '=cmd|"/c calc"!A1 ~~f~~',
    ]


@pytest.fixture
def hostile(
    app_home: pathlib.Path, app_store: store.Store, names: list[str]
) -> Iterator[dict[str, store.Run]]:
    """Runs of these names on a data set with classes of these names, and one with a model."""
    labels = np.tile(np.arange(len(names), dtype=np.uint8), 4)
    images = np.random.default_rng(0).integers(0, 255, (len(labels), 28, 28), dtype=np.uint8)
    file = app_home / "data" / "hostile.npz"
    file.parent.mkdir(exist_ok=True)
    np.savez(
        file, x_train=images, y_train=labels, x_test=images, y_test=labels, class_names=names
    )  # fmt: skip
    wrong = np.roll(labels, 1)
    model = app_store.artifact("starter-optdigits", artifacts.MODEL)
    made = {}
    for name in names:
        made[name] = _brought(app_store, name, "hostile", names, labels, wrong, {})
    digits = datasets.load("optdigits")
    made["model"] = _brought(
        app_store, names[0], "optdigits", digits.class_names, digits.y_test, digits.y_test,
        {artifacts.MODEL: model},
    )  # fmt: skip
    made["waits"] = app_store.bring(
        name=names[1], dataset="hostile", dataset_sha256=None, class_names=names
    )
    yield made
    for run in made.values():
        app_store.delete(run.id)
    file.unlink()


def _brought(
    db: store.Store,
    name: str,
    dataset: str,
    class_names: tuple[str, ...] | list[str],
    labels: np.ndarray,
    y_pred: np.ndarray,
    kept: dict[str, bytes],
) -> store.Run:
    run = db.bring(name=name, dataset=dataset, dataset_sha256=None, class_names=class_names)
    answers = artifacts.write_answers(y_pred, np.full(len(y_pred), 0.5, np.float32))
    db.annotate(run.id, name)
    db.finish(
        run.id,
        status="finished",
        reason=name,
        artifacts={artifacts.ANSWERS: answers, **kept},
        history=[{"epoch": 0, "accuracy": 0.9, "loss": 0.5}],
        test_accuracy=float((labels == y_pred).mean()),
        test_errors=int((labels != y_pred).sum()),
    )
    return db.run(run.id)


def _said(page: sync_api.Page) -> str:
    """Read what is on the screen, in components too, without what is unseen."""
    read = """() => {
      const texts = [document.body.innerText];
      const look = (root) => {
        for (const it of root.querySelectorAll("*"))
          if (it.shadowRoot) texts.push(it.shadowRoot.textContent) && look(it.shadowRoot);
      };
      look(document);
      return texts.join();
    }"""
    return page.evaluate(read).replace("\N{WORD JOINER}", "")


def test_names_are_texts_on_every_page(
    open_page: OpenPage,
    settled: Settled,
    page: sync_api.Page,
    app_url: str,
    hostile: dict[str, store.Run],
    names: list[str],
    bait: socket.socket,
) -> None:
    """Nothing is fetched, run, linked or drawn for them, and each can be read as it is."""
    left, dialogs = [], []
    page.on("request", lambda it: left.append(it.url) if not _is_ours(it.url, app_url) else None)
    page.on("dialog", lambda it: (dialogs.append(it.message), it.dismiss()))
    texts = {}
    for path in PAGES:
        _walk(open_page, settled, path, hostile[names[0]])
        texts[path] = _said(page)
        _expect_plain(page)
        assert names[0] in page.title()
    _walk(open_page, settled, "draw", hostile["model"])
    _expect_plain(page)
    for path in ("", "confusion", "train"):
        assert [name for name in names if name not in texts[path]] == []
    assert (left, dialogs) == ([], [])
    with pytest.raises(BlockingIOError):
        bait.accept()


def _walk(open_page: OpenPage, settled: Settled, path: str, run: store.Run) -> None:
    """Open a page on a run, and what can be opened on it."""
    page = open_page(path, run=run.id, index=1, true=1, pred=0)
    if path == "data":
        page.get_by_role("combobox", name="Images", exact=True).click()
        page.get_by_role("option", name="hostile").click()
    if path == "train":
        page.locator(".runs tbody input").first.check()
    settled(page)
    if path in ("", "compare"):
        page.get_by_role("combobox", name="Run" if not path else "beside").last.click()
        page.get_by_role("option").first.wait_for()


def _expect_plain(page: sync_api.Page) -> None:
    """Expect no picture, link, formula, symbol or bold letter that a name asked for."""
    made = page.evaluate(
        """() => {
          const made = ".katex, [onerror], [role=img][aria-label*=smil], del";
          const found = [];
          const look = (root) => {
            for (const it of root.querySelectorAll("*")) {
              const address = it.getAttribute("src") || it.getAttribute("href") || "";
              const symbol = it.dataset.testid === "stIconMaterial" && it.textContent === "home";
              const bold = it.localName === "b" && it.textContent === "b";
              const leads = /127\\.0\\.0\\.1:\\d+\\/\\d|javascript:/.test(address);
              if (it.matches(made) || symbol || bold || leads) found.push(it.outerHTML);
              if (it.shadowRoot) look(it.shadowRoot);
            }
          };
          look(document);
          return found;
        }"""
    )
    assert made == []


def _is_ours(url: str, app_url: str) -> bool:
    return url.startswith((app_url, app_url.replace("http", "ws", 1), "data:", "blob:"))
