"""LiteRT files as the tables that they are: nothing is run here.

A model here takes raw uint8 `(n, 28, 28)` images. One of other people's, that expects scaled floats
of another shape, becomes such a model by four operations before its first and, where it gives
logits, one behind its last.
"""

import dataclasses
from collections.abc import Mapping, Sequence

import numpy as np

from mnistdash.bringing import scalings

SIDE = 28


def prepared(
    model: bytes, scaling: scalings.Scaling | None, shape: Sequence[int], *, softmax: bool
) -> bytes:
    """Put the scaling and the shape that a model expects in front of it.

    Args:
        model: a LiteRT model of one input and one output.
        scaling: of floats; `None` for a model that takes uint8.
        shape: of one image as the model expects it, 784 numbers in all.
        softmax: whether its answers are logits.
    """
    import flatbuffers
    from ai_edge_litert import schema_py_generated as schema

    tables = schema.ModelT.InitFromPackedBuf(model, 0)
    tables.signatureDefs = []  # they name the old input
    editor = _Editor(schema, tables)
    editor.put_in_front(scaling, shape)
    if softmax:
        editor.put_softmax_behind()
    builder = flatbuffers.Builder(len(model) + 4096)
    builder.Finish(tables.Pack(builder), b"TFL3")
    return bytes(builder.Output())


def joined(models: Mapping[str, tuple[bytes, Sequence[str]]]) -> bytes:
    """Put models of one input into one file, as its signatures; weights that are equal only once.

    A converter does the same by way of a folder, in three times the time.

    Args:
        models: by signature, the bytes and the names of the outputs in their order. The first is
            what the file gives to whoever asks for no signature; one that consists of several
            graphs, as loops do, can only be the first and is left out elsewhere.
    """
    import flatbuffers
    from ai_edge_litert import schema_py_generated as schema

    tables = None
    signatures = []
    for name, (data, outputs) in models.items():
        part = schema.ModelT.InitFromPackedBuf(data, 0)
        place = 0 if tables is None else len(tables.subgraphs)
        if tables is None:
            tables = part
        elif len(part.subgraphs) == 1:
            _append(tables, part)
        else:
            continue
        signatures.append(_signature(schema, name, part.subgraphs[0], outputs, place))
    tables.signatureDefs = signatures
    builder = flatbuffers.Builder(sum(len(data) for data, _ in models.values()))
    builder.Finish(tables.Pack(builder), b"TFL3")
    return bytes(builder.Output())


def _append(tables: object, part: object) -> None:
    """Append the only graph of a model to those of another, with what it refers to."""

    def code(of: object) -> tuple[object, ...]:
        return of.builtinCode, of.version, of.customCode

    buffers = {bytes(b.data): place for place, b in enumerate(tables.buffers) if _full(b)}
    codes = {code(known): place for place, known in enumerate(tables.operatorCodes)}
    graph = part.subgraphs[0]
    for tensor in graph.tensors:
        buffer = part.buffers[tensor.buffer]
        tensor.buffer = 0  # of what is computed
        if _full(buffer):
            if bytes(buffer.data) not in buffers:
                buffers[bytes(buffer.data)] = len(tables.buffers)
                tables.buffers.append(buffer)
            tensor.buffer = buffers[bytes(buffer.data)]
    for operator in graph.operators:
        needed = part.operatorCodes[operator.opcodeIndex]
        if code(needed) not in codes:
            codes[code(needed)] = len(tables.operatorCodes)
            tables.operatorCodes.append(needed)
        operator.opcodeIndex = codes[code(needed)]
    tables.subgraphs.append(graph)


def _full(buffer: object) -> bool:
    return buffer.data is not None and len(buffer.data) > 0


def _signature(
    schema: object, name: str, graph: object, outputs: Sequence[str], place: int
) -> object:
    def mapped(names: Sequence[str], tensors: Sequence[int]) -> list[object]:
        found = []
        for each, tensor in zip(names, tensors, strict=True):
            entry = schema.TensorMapT()
            entry.name, entry.tensorIndex = each.encode(), int(tensor)
            found.append(entry)
        return found

    signature = schema.SignatureDefT()
    signature.signatureKey, signature.subgraphIndex = name.encode(), place
    signature.inputs = mapped(["image"], graph.inputs)
    signature.outputs = mapped(outputs, graph.outputs)
    return signature


@dataclasses.dataclass
class _Editor:
    """The first graph of a model, and how to add to it; `schema` is LiteRT's own module."""

    schema: object
    tables: object

    @property
    def _graph(self) -> object:
        return self.tables.subgraphs[0]

    def put_in_front(self, scaling: scalings.Scaling | None, shape: Sequence[int]) -> None:
        schema, graph = self.schema, self._graph
        types, codes = schema.TensorType, schema.BuiltinOperator
        expected = graph.inputs[0]
        raw = image = self._tensor("image", (1, SIDE, SIDE), types.UINT8)
        operators = []
        if scaling is not None:
            options = schema.CastOptionsT()
            options.inDataType, options.outDataType = types.UINT8, types.FLOAT32
            floats = self._tensor("floats", (1, SIDE, SIDE), types.FLOAT32)
            kind = schema.BuiltinOptions
            operators.append(self._operator(codes.CAST, [image], floats, options, kind.CastOptions))
            scale = self._constant("scale", np.float32(scaling.scale), types.FLOAT32)
            scaled = self._tensor("scaled", (1, SIDE, SIDE), types.FLOAT32)
            times = schema.MulOptionsT()
            operators.append(
                self._operator(codes.MUL, [floats, scale], scaled, times, kind.MulOptions)
            )
            offset = self._constant("offset", np.float32(scaling.offset), types.FLOAT32)
            image = self._tensor("shifted", (1, SIDE, SIDE), types.FLOAT32)
            plus = schema.AddOptionsT()
            operators.append(
                self._operator(codes.ADD, [scaled, offset], image, plus, kind.AddOptions)
            )
        form = np.array([-1, *shape], np.int32)
        into = self._constant("form", form, types.INT32)
        options = schema.ReshapeOptionsT()
        options.newShape = form.tolist()
        operators.append(
            self._operator(
                codes.RESHAPE,
                [image, into],
                expected,
                options,
                schema.BuiltinOptions.ReshapeOptions,
            )
        )
        graph.inputs = [raw]
        graph.operators = [*operators, *graph.operators]

    def put_softmax_behind(self) -> None:
        schema, graph = self.schema, self._graph
        given = graph.tensors[graph.outputs[0]]
        probs = self._tensor("probs", given.shape, schema.TensorType.FLOAT32)
        options = schema.SoftmaxOptionsT()
        options.beta = 1.0
        graph.operators.append(
            self._operator(
                schema.BuiltinOperator.SOFTMAX,
                [graph.outputs[0]],
                probs,
                options,
                schema.BuiltinOptions.SoftmaxOptions,
            )
        )
        graph.outputs = [probs]

    def _tensor(self, name: str, shape: Sequence[int], kind: int, buffer: int = 0) -> int:
        tensor = self.schema.TensorT()
        tensor.name = f"mnistdash/{name}".encode()
        tensor.shape = [int(side) for side in shape]
        tensor.type, tensor.buffer = kind, buffer
        if not buffer and tensor.shape:  # as many images as are asked for
            tensor.shapeSignature = [-1, *tensor.shape[1:]]
        self._graph.tensors.append(tensor)
        return len(self._graph.tensors) - 1

    def _constant(self, name: str, value: np.ndarray, kind: int) -> int:
        buffer = self.schema.BufferT()
        buffer.data = np.frombuffer(np.ascontiguousarray(value).tobytes(), np.uint8)
        self.tables.buffers.append(buffer)
        return self._tensor(name, np.shape(value), kind, len(self.tables.buffers) - 1)

    def _operator(
        self, code: int, inputs: Sequence[int], output: int, options: object, kind: int
    ) -> object:
        operator = self.schema.OperatorT()
        operator.opcodeIndex = self._code(code)
        operator.inputs, operator.outputs = list(inputs), [output]
        operator.builtinOptions, operator.builtinOptionsType = options, kind
        return operator

    def _code(self, code: int) -> int:
        codes = self.tables.operatorCodes
        for place, known in enumerate(codes):
            if known.builtinCode == code and known.version == 1:
                return place
        entry = self.schema.OperatorCodeT()
        entry.builtinCode, entry.deprecatedBuiltinCode, entry.version = code, min(code, 127), 1
        codes.append(entry)
        return len(codes) - 1
