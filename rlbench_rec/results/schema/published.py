"""The columns of published figures, and of those figures beside ours."""

from __future__ import annotations

from .columns import Schema

PUBLISHED: Schema = {
    "name": ("text", "what the figure is of, slash-separated"),
    "metric": ("text", "what is measured"),
    "relation": (
        "text",
        "`equal`; `at most` or `at least` where a statement is published, and `value` is its bound",
    ),
    "value": ("number", "as published"),
    "std_error": ("number", "its standard error, 0 where it is exact; empty where the noise is not stated"),
    "rounding": ("number", "half a unit of the last digit that is printed"),
    "protocol": ("text", "how it was measured"),
    "not_comparable": ("text", "what differs between their figure and ours; may be empty"),
    "source": ("text", "where it is published"),
}
AGAINST_PUBLISHED: Schema = {
    "suite": ("text", "name of the file of results/published/"),
    "name": ("text", "as there"),
    "metric": ("text", "as there"),
    "relation": ("text", "as there"),
    "published": ("number", "`value` there"),
    "ours": ("number", "made again with this package; empty where it was not"),
    "ours_error": ("number", "its standard error; empty where it is exact or not known"),
    "difference": ("number", "ours minus published"),
    "allowed": ("number", "three standard errors of the difference, and the rounding; empty where nothing is stated"),
    "agrees": ("text", "`yes`, `no`, or empty where it is not judged"),
    "not_comparable": ("text", "as there"),
    "source": ("text", "as there"),
}
PUBLISHED_KEYS = ("name",)
