"""House rules: the floors, what may never be called, how long things are, what the README names."""

import ast
import pathlib
import re
from collections.abc import Iterator

import pytest

REPO = pathlib.Path(__file__).parents[1]
PACKAGE = REPO / "mnistdash"
FILES = sorted([REPO / "app.py", *(REPO / "pages").glob("*.py"), *PACKAGE.rglob("*.py")])
UI_FILES = [path for path in FILES if path.parent == PACKAGE / "ui" and path.stem != "__init__"]
README = REPO / "README.md"
MAX_PAGE_LINES = 80
MAX_FUNCTION_LINES = 40  # without the docstring
# Imports go down only, as in DESIGN section 4. `__init__` is what the package says of itself.
FLOORS = {
    "settings": 0,
    "version": 0,
    "counting": 0,
    "moment": 0,
    "spreadsheet": 0,
    "architecture": 0,
    "recipes": 1,
    "artifacts": 1,
    "datasets": 1,
    "browser_net": 2,
    "explain": 2,
    "features": 2,
    "verdicts": 1,
    "corrections": 1,
    "labels": 2,
    "nearness": 2,
    "readings": 2,
    "suspects": 2,
    "evaluation": 2,
    "class_rates": 2,
    "confidence": 2,
    "outliers": 2,
    "hands": 2,
    "classifier": 2,
    "ink": 2,
    "store": 2,
    "training": 2,
    "bringing": 2,
    "results": 3,
    "findings": 3,
    "wording": 3,
    "exports": 3,
    "report": 3,
    "markup": 3,
    "charts": 3,
    "report_charts": 3,
    "report_style": 0,
    "trainer": 3,
    "study": 3,
    "cluster": 4,
    "engine": 4,
    "logger": 3,
    "figures": 3,
    "__main__": 5,
    "ui": 5,
    "pages": 6,
    "app": 7,
}
# Inside `ui/` too, from the ground up.
UI_FLOORS = {
    "what is shown, remembered and said": {
        "document",
        "link",
        "presses",
        "sparing",
        "session",
        "state",
        "words",
    },
    "components": {
        "apart",
        "camera",
        "card_steps",
        "class_table",
        "columns",
        "chart",
        "curves",
        "doors",
        "dropping",
        "fields",
        "figure_files",
        "gallery",
        "headline",
        "heatmap",
        "judging",
        "menu",
        "pairs",
        "pen",
        "plain_charts",
        "reveal",
        "run_rows",
        "runs_grid",
        "sorting",
        "study_view",
    },
    "pieces": {
        "answer_files",
        "answers_view",
        "changing_view",
        "evidence_view",
        "exports_view",
        "corrections_view",
        "filters",
        "guards",
        "matrix_view",
        "labels_view",
        "how_near",
        "my_digits",
        "recipe_form",
        "verdicts_view",
        "why",
    },
    "parts of pages": {
        "adding_view",
        "bring_view",
        "card",
        "confidence_view",
        "compare_view",
        "training_card",
        "data_view",
        "drawing",
        "frame",
        "picture_view",
        "report_view",
        "run_table",
        "suspects_view",
        "training_view",
    },
}
TENSORFLOW = {"tensorflow", "keras"}
FORBIDDEN_MODULES = {"pickle", "_pickle", "dill", "cloudpickle", "joblib", "shelve", "marshal"}
FORBIDDEN_CALLS = {"load_model", "eval", "exec", "__import__", "compile", "from_config",
                   "model_from_json", "read_pickle"}  # fmt: skip


def name_of(path: pathlib.Path) -> str:
    """Write a file's name as the tests show it."""
    return path.relative_to(REPO).as_posix()


def room(path: pathlib.Path) -> str:
    """Return a file's entry in `FLOORS`."""
    parts = path.relative_to(REPO).with_suffix("").parts
    if parts[0] == "mnistdash":
        return "ui" if parts[1] == "ui" else parts[1]
    return parts[0]


def imports(path: pathlib.Path) -> Iterator[tuple[str, bool]]:
    """Find every module a file imports, and whether a function does; type checking left out."""
    for node, in_function in _running(ast.parse(path.read_text()), in_function=False):
        if isinstance(node, ast.Import):
            yield from ((alias.name, in_function) for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert not node.level, f"{name_of(path)} imports relatively"
            yield node.module, in_function
            if node.module in ("mnistdash", "mnistdash.ui"):
                yield from ((f"{node.module}.{alias.name}", in_function) for alias in node.names)


def _running(node: ast.AST, *, in_function: bool) -> Iterator[tuple[ast.AST, bool]]:
    """Walk the code that runs: everything but `if TYPE_CHECKING`."""
    if isinstance(node, ast.If) and ast.unparse(node.test).endswith("TYPE_CHECKING"):
        return
    yield node, in_function
    inner = in_function or isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda)
    for child in ast.iter_child_nodes(node):
        yield from _running(child, in_function=inner)


def own_imports(path: pathlib.Path) -> set[str]:
    """Return the entries of `FLOORS` that a file imports."""
    found = set()
    for module, _ in imports(path):
        parts = module.split(".")
        if parts[0] == "mnistdash" and len(parts) > 1:
            found.add(parts[1])
        elif parts[0] in ("pages", "app"):
            found.add(parts[0])
    return found


def ui_imports(path: pathlib.Path) -> set[str]:
    """Return the modules of `ui/` that a file imports."""
    parts = (module.split(".") for module, _ in imports(path))
    return {part[2] for part in parts if part[:2] == ["mnistdash", "ui"] and len(part) > 2}


files = pytest.mark.parametrize("path", FILES, ids=name_of)


# --- floors ---------------------------------------------------------------------------------


def test_every_file_has_a_floor() -> None:
    """A new module gets a floor here, on purpose."""
    assert {room(path) for path in FILES} - {"__init__"} <= set(FLOORS)


@files
def test_imports_go_down(path: pathlib.Path) -> None:
    """Nothing imports from a floor above its own, inside a function neither."""
    if room(path) == "__init__":
        return  # it offers what stands on any floor, imported when it is asked for
    floor = FLOORS.get(room(path), 0)
    above = {name for name in own_imports(path) if FLOORS[name] > floor}
    assert not above, f"{name_of(path)} on floor {floor} imports {above} from above"


def test_every_part_of_the_pages_has_a_floor() -> None:
    """A new module of `ui/` gets a floor here, on purpose."""
    named = [name for floor in UI_FLOORS.values() for name in floor]
    assert sorted(named) == sorted(path.stem for path in UI_FILES)


def test_imports_go_down_among_the_parts_of_pages() -> None:
    """What is remembered knows no component, no component a piece of a page."""
    floors = {name: number for number, names in enumerate(UI_FLOORS.values()) for name in names}
    for path in UI_FILES:
        above = {name for name in ui_imports(path) if floors[name] > floors[path.stem]}
        assert not above, f"{name_of(path)} imports {above} from above"


@pytest.mark.parametrize("inside", ["mnistdash", "ui"])
def test_no_two_modules_import_each_other(inside: str) -> None:
    """On one floor imports go one way."""
    if inside == "ui":
        graph = {path.stem: ui_imports(path) for path in UI_FILES}
    else:
        modules = {path.stem: path for path in FILES if path.parent == PACKAGE}
        graph = {name: own_imports(path) & set(modules) for name, path in modules.items()}

    def reachable(start: str) -> set[str]:
        found, todo = set(), [start]
        while todo:
            todo += graph[todo.pop()] - found - set(todo)
            found |= set(todo)
        return found

    assert not [name for name in graph if name in reachable(name)]


def test_trainer_is_imported_in_functions_only() -> None:
    """What a dashboard imports never brings TensorFlow: the engine imports its trainer late."""
    importers = {
        (room(path), in_function)
        for path in FILES
        for module, in_function in imports(path)
        if module.startswith("mnistdash.training") and room(path) != "training"
    }
    assert importers == {("trainer", True), ("study", True), ("__main__", True), ("logger", True)}


@files
def test_streamlit_stays_upstairs(path: pathlib.Path) -> None:
    """Only the frame, the pages and their pieces know Streamlit."""
    if room(path) not in ("app", "pages", "ui"):
        assert not [module for module, _ in imports(path) if module.startswith("streamlit")]


@files
def test_one_module_remembers_what_a_visit_did(path: pathlib.Path) -> None:
    """Streamlit's session state has one door."""
    if name_of(path) != "mnistdash/ui/session.py":
        assert not re.search(r"\bsession_state\b", path.read_text())


@files
def test_what_runs_alone_stands_alone(path: pathlib.Path) -> None:
    """A part of a page that runs without the rest has a place that no other can take."""
    if name_of(path) != "mnistdash/ui/apart.py":
        assert "st.fragment" not in path.read_text()


@files
def test_tensorflow_stays_in_the_trainer(path: pathlib.Path) -> None:
    """Only the trainer knows TensorFlow; what it reports, and a callback of Keras, do without."""
    known = {module.split(".")[0] for module, _ in imports(path)} & TENSORFLOW
    if room(path) == "logger":
        assert known == {"keras"}  # whatever it runs on
    elif room(path) != "training" or path.stem == "progress":
        assert not known


# --- what may never be called ---------------------------------------------------------------


@files
def test_nothing_executable_is_read_back(path: pathlib.Path) -> None:
    """No pickle, no Keras file, no code from text; arrays are read with pickles refused."""
    assert not [m for m, _ in imports(path) if m.split(".")[0] in FORBIDDEN_MODULES]
    for node in ast.walk(ast.parse(path.read_text())):
        if not isinstance(node, ast.Call):
            continue
        called = ast.unparse(node.func)
        where = f"{name_of(path)}:{node.lineno}"
        if called != "re.compile":
            assert called.split(".")[-1] not in FORBIDDEN_CALLS, f"{where} calls {called}"
        refused = [k for k in node.keywords if k.arg == "allow_pickle"]
        assert all(ast.unparse(keyword.value) == "False" for keyword in refused), where
        if called in ("np.load", "np.save", "numpy.load"):
            assert refused, f"{where}: {called} without allow_pickle=False"


@files
def test_no_lambda_layer(path: pathlib.Path) -> None:
    """A `Lambda` layer would put code into a model."""
    names = {ast.unparse(n) for n in ast.walk(ast.parse(path.read_text())) if isinstance(
        n, ast.Attribute)}  # fmt: skip
    assert not [name for name in names if name.endswith("layers.Lambda")]


@files
def test_no_number_of_classes_is_fixed(path: pathlib.Path) -> None:
    """How many classes there are comes from the recipe, the data set or the array."""
    assert "NUM_CLASSES" not in path.read_text()


@files
def test_runs_are_no_store(path: pathlib.Path) -> None:
    """What holds the runs is called `db`; `runs` are some of them."""
    assert not re.search(r"\b_?runs(: | = )store\.Store\b", path.read_text())


# --- how long things are --------------------------------------------------------------------


@pytest.mark.parametrize("path", sorted((REPO / "pages").glob("*.py")), ids=name_of)
def test_page_is_short(path: pathlib.Path) -> None:
    """A page reads like its screen, in at most 80 lines."""
    lines = len(path.read_text().splitlines())
    assert lines <= MAX_PAGE_LINES, f"{name_of(path)} has {lines} lines"


def functions(path: pathlib.Path) -> Iterator[tuple[ast.FunctionDef, bool]]:
    """Find every function, and whether it is public: by its name, its class's, and its place."""

    def inside(node: ast.AST, *, public: bool) -> Iterator[tuple[ast.FunctionDef, bool]]:
        for child in ast.iter_child_nodes(node):
            if isinstance(child, ast.FunctionDef | ast.AsyncFunctionDef):
                yield child, public and not child.name.startswith("_")
                yield from inside(child, public=False)
            elif isinstance(child, ast.ClassDef):
                yield from inside(child, public=public and not child.name.startswith("_"))
            else:
                yield from inside(child, public=public)

    return inside(ast.parse(path.read_text()), public=True)


@files
def test_functions_are_short(path: pathlib.Path) -> None:
    """No function has more than 40 lines, its docstring not counted."""
    for function, _ in functions(path):
        first = function.body[0]
        docstring = ast.get_docstring(function) is not None
        words = first.end_lineno - first.lineno + 1 if docstring else 0
        lines = function.end_lineno - function.lineno + 1 - words
        assert lines <= MAX_FUNCTION_LINES, f"{name_of(path)}: {function.name} has {lines} lines"


@files
def test_public_functions_have_docstrings(path: pathlib.Path) -> None:
    """Every public function says in a sentence what it does, and every module what it holds."""
    assert ast.get_docstring(ast.parse(path.read_text()))
    for function, public in functions(path):
        if public:
            said = ast.get_docstring(function)
            assert said, f"{name_of(path)}: {function.name} has no docstring"


# --- what the README names ------------------------------------------------------------------


def test_readme_names_every_page() -> None:
    """The README has a word on each page, by the title in the navigation."""
    titles = re.findall(r'"pages/\w+\.py": \("([^"]+)"', (REPO / "app.py").read_text())
    assert len(titles) == len(list((REPO / "pages").glob("*.py")))
    text = README.read_text()
    assert not [title for title in titles if not re.search(rf"\b{title}\b", text)]


def test_readme_names_every_environment_variable() -> None:
    """Each variable that the program reads is explained, and none that it does not read."""
    read = set(re.findall(r"MNISTDASH_[A-Z_]+", (PACKAGE / "settings.py").read_text()))
    assert len(read) >= 5
    named = set(re.findall(r"MNISTDASH_[A-Z_]+", README.read_text()))
    assert not read - named


@files
def test_settings_alone_read_the_environment(path: pathlib.Path) -> None:
    """Every variable is read in one place, where the README's list comes from."""
    if room(path) == "settings":
        return
    for node in ast.walk(ast.parse(path.read_text())):
        reads = isinstance(node, ast.Attribute | ast.Subscript) and isinstance(node.ctx, ast.Load)
        text = ast.unparse(node) if reads else ""
        assert not re.fullmatch(r"os\.(getenv|environ(\.get|\[.+\]))", text), name_of(path)


def test_every_fault_has_its_tests() -> None:
    """Each of the sixty faults names tests that there are, or says why it has none."""
    tests = REPO / "tests"
    rows = re.findall(r"^\| (\d+) \|.*\| (.*) \|$", (tests / "FAULTS.md").read_text(), re.MULTILINE)
    assert [int(number) for number, _ in rows] == list(range(1, 61))
    for number, held in rows:
        named = re.findall(r"`([\w/.]+\.py)(?:::(\w+))?`", held)
        assert named or held.startswith("Not tested"), number
        for file, test in named:
            assert not test or re.search(
                rf"^def {test}\(", (tests / file).read_text(), re.MULTILINE
            )
            assert (tests / file).is_file(), file
