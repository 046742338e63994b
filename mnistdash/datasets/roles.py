"""What a file or an array is by its name: images or labels, of training or test."""

import dataclasses
import re

_IMAGES = {"x", "xs", "image", "images", "img", "imgs", "data", "pixels", "input", "inputs",
           "feature", "features", "picture", "pictures"}  # fmt: skip
_LABELS = {"y", "ys", "label", "labels", "lbl", "lbls", "target", "targets", "class", "output",
           "outputs"}  # fmt: skip
_TRAIN = {"train", "training", "tr", "trn"}
_TEST = {"test", "testing", "te", "tst", "t10k"}
_VALIDATION = {"val", "valid", "validation", "dev"}
_SPLITS = {"train": _TRAIN, "test": _TEST, "val": _VALIDATION}
_CLASS_NAMES = {"class_names", "classnames", "classes", "names", "label_names", "labelnames",
                "target_names", "categories", "class_labels"}  # fmt: skip
_PLAIN_WORDS = {"idx", "idx1", "idx3", "ubyte", "uint8", "npy", "arr", "dataset", "set"}
_ENDINGS = re.compile(r"\.(gz|zip|npz|npy|csv|tsv|txt|idx[1-4]?|ubyte)$", re.IGNORECASE)
_GLUED = re.compile(
    r"(x|y|images?|imgs?|labels?|data|targets?)(training|train|testing|test|validation|valid|val)"
    r"|(training|train|testing|test|validation|valid|val)(xs?|ys?|images?|imgs?|labels?|data"
    r"|targets?)"
)


@dataclasses.dataclass(frozen=True)
class Role:
    """What a name says: `x`, `y` or nothing; `train`, `test`, `val` or nothing; and the rest."""

    kind: str | None
    split: str | None
    rest: str  # what the name says beside that, such as `kmnist`

    @property
    def array(self) -> str:
        """The usual name, such as `x_train`; without a split it is training."""
        return f"{self.kind}_{self.split or 'train'}"


def of(name: str) -> Role:
    """Read a name such as `X_train`, `trainLabels`, `t10k-images.idx3-ubyte` or `images`."""
    kind = split = None
    rest: list[str] = []
    for word in words(name):
        word_split = next((s for s, known in _SPLITS.items() if word in known), None)
        word_kind = "x" if word in _IMAGES else "y" if word in _LABELS else None
        if word_split and split is None:
            split = word_split
        elif word_kind and kind is None:
            kind = word_kind
        elif word not in _PLAIN_WORDS:
            rest.append(word)
    return Role(kind, split, "_".join(rest))


def words(name: str) -> list[str]:
    """Take a name apart: at marks, before capitals, and where two known words are glued."""
    while _ENDINGS.search(name):
        name = _ENDINGS.sub("", name)
    apart = re.sub(r"(?<=[a-z])(?=[A-Z])", " ", name)
    found = []
    for word in re.split(r"[\W_]+", apart.lower()):
        glued = _GLUED.fullmatch(word)
        found += [part for part in glued.groups() if part] if glued else [word] if word else []
    return found


def is_class_names(name: str) -> bool:
    """Tell whether an array's name says that it holds the names of the classes."""
    return "_".join(re.split(r"[\W_]+", name.lower())) in _CLASS_NAMES
