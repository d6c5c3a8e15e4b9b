"""Exported policies of known numbers, made without training."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

from rlbench_rec.serving import ContextColumn, StateEncoding

NAMES = ("red", "green", "blue")
ENCODING = StateEncoding(context=(ContextColumn("x", "number"),))


def write(
    path: Path,
    values: list[float],
    form: str = "softmax-1",
    *,
    base: bool = False,
    gamma: float | None = None,
    other: int | None = None,
    **card,
) -> Path:
    """Actions 0, 1, … with these scores or probabilities, whatever the state; with a gamma, plus what was earned."""
    k = len(values)
    row = numpy_helper.from_array(np.array([values], np.float32), "row")
    order = numpy_helper.from_array(np.arange(k)[None], "order")
    nodes = [
        helper.make_node("Shape", ["states"], ["shape"]),
        helper.make_node("Slice", ["shape", "zero", "one"], ["batch"]),
        helper.make_node("Concat", ["batch", "one"], ["size"], axis=0),
        helper.make_node("Tile", ["order", "size"], ["actions"]),
        helper.make_node("Tile", ["row", "size"], ["values" if gamma is None else "rows"]),
    ]
    if gamma is not None:
        nodes += [
            helper.make_node("Unsqueeze", ["earned", "one"], ["column"]),
            helper.make_node("Add", ["rows", "column"], ["values"]),
        ]
    constants = [numpy_helper.from_array(np.array([n], np.int64), name) for n, name in ((0, "zero"), (1, "one"))]
    takes = [helper.make_tensor_value_info("states", TensorProto.FLOAT, ["batch", 1])]
    if base:
        takes.append(helper.make_tensor_value_info("base", TensorProto.FLOAT, ["batch", k + (other is not None)]))
    if gamma is not None:
        takes += [
            helper.make_tensor_value_info("earned", TensorProto.FLOAT, ["batch"]),
            helper.make_tensor_value_info("steps", TensorProto.INT64, ["batch"]),
        ]
    gives = [
        helper.make_tensor_value_info("actions", TensorProto.INT64, ["batch", k]),
        helper.make_tensor_value_info("values", TensorProto.FLOAT, ["batch", k]),
    ]
    graph = helper.make_graph(nodes, "policy", takes, gives, [row, order, *constants])
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 18)], ir_version=9)
    path.write_bytes(model.SerializeToString())
    content = {"sha256": hashlib.sha256(path.read_bytes()).hexdigest(), "form": form}
    content |= {"action_count": k + (other is not None), "action_names": NAMES, "other_action": other}
    inputs = {"states": ["batch", 1]} | ({"base": ["batch", k]} if base else {})
    content["input"] = inputs | ({"earned": ["batch"], "steps": ["batch"]} if gamma is not None else {})
    content |= {"gamma": gamma} if gamma is not None else {}
    content |= {"output": {"actions": ["batch", k]}, "encoding": ENCODING.to_json()}
    path.with_name(f"{path.name}.json").write_text(json.dumps(content | card))
    onnx.checker.check_model(model)
    return path
