"""The calibrated shop as text."""

from __future__ import annotations

import json
from dataclasses import asdict

from ...suite.calibrated.build_shop import OwnShop
from ...suite.calibrated.open_questions import Answers
from .console import say, stdout_console


def show(shop: OwnShop, answers: Answers | None, *, as_json: bool = False) -> None:
    """The fit, the answers, and where the files are; on stdout."""
    if as_json:
        account = shop.account | {"fit": shop.fit.to_dict("records"), "shop": str(shop.file)}
        say(json.dumps(account | {"answers": asdict(answers) if answers else None}, indent=1))
        return
    from rich import box
    from rich.table import Table

    console = stdout_console()
    account = shop.account
    console.print(
        f"A shop like {account['data_set']}: {account['items']} items in {account['groups']} groups, with "
        f"{account['clicks_on_these_items']:.0%} of the clicks. Assumed, because a choice log cannot tell: "
        f"{account['assumed']['click_rate']:.0%} of what is shown is clicked.",
        highlight=False,
        markup=False,
    )
    table = Table(box=box.SIMPLE_HEAD, show_edge=False, padding=(0, 1, 0, 0), title_justify="left")
    table.title = "Distance of the held-out part (0 alike, 1 nothing in common)"
    for name in ("measure", "to the shop", "to the fitted part", "distance"):
        table.add_column(name, justify="right" if name.startswith("to ") else "left")
    for row in shop.fit.to_dict("records"):
        table.add_row(row["measure"], f"{row['shop']:.3f}", f"{row['yardstick']:.3f}", row["distance"])
    console.print(table)
    for sentence in answers.sentences if answers else ():
        console.print(sentence, highlight=False, markup=False)
    console.print(f"Shop: {shop.file}, for `rlbench run` as a task", highlight=False, markup=False, soft_wrap=True)
