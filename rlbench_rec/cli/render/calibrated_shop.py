"""The calibrated shop as text."""

from __future__ import annotations

import json
from collections.abc import Sequence

from ...suite.calibrated.build_shop import OwnShop
from ...suite.calibrated.open_questions import Answers
from .console import note, say, stdout_console

PARTS = {
    "habits": "spread of session lengths",
    "loyalty": "loyalty of groups",
    "dayparts": "time of day",
    "returning": "returning users",
}


def show(shop: OwnShop, answers: Answers | None, *, as_json: bool = False) -> None:
    """The fit, the answers, and where the files are; on stdout."""
    if as_json:
        account = shop.account | {"fit": shop.fit.to_dict("records"), "shop": str(shop.file)}
        account |= {"draws": [str(file) for file, _ in shop.draws], "answers": answers.plain if answers else None}
        say(json.dumps(account, indent=1))
        return
    from rich import box
    from rich.table import Table

    console = stdout_console()
    account = shop.account
    low, high = account["drawn"]["click_rate"]
    rate = f"{low:.0%}" if low == high else f"{low:.0%} to {high:.0%}, by draw,"
    console.print(
        f"A shop like {account['data_set']}: {account['items']} items in {account['groups']} groups, with "
        f"{account['clicks_on_these_items']:.0%} of the clicks. A choice log cannot tell what was shown and not "
        f"clicked, nor quality and engagement: {rate} of what is shown is clicked, the rest is drawn.",
        highlight=False,
        markup=False,
    )
    for name, what in PARTS.items():
        console.print(f"  {what}: {account['identified'][name]}", highlight=False, markup=False)
    table = Table(box=box.SIMPLE_HEAD, show_edge=False, padding=(0, 1, 0, 0), title_justify="left")
    table.title = "Distance of the held-out part (0 alike, 1 nothing in common)"
    for name in ("measure", "to the shop", "to the fitted part", "distance"):
        table.add_column(name, justify="right" if name.startswith("to ") else "left")
    for row in shop.fit.to_dict("records"):
        table.add_row(row["measure"], f"{row['shop']:.3f}", f"{row['yardstick']:.3f}", row["distance"])
    console.print(table)
    if shop.draws and (rejected := account["drawn"]["not_like_the_log"]):
        console.print(f"{rejected} further draws could not be fitted to the log.", highlight=False, markup=False)
    for sentence in answers.sentences if answers else ():
        console.print(sentence, highlight=False, markup=False)
    console.print(f"Shop: {shop.file}, for `rlbench run` as a task", highlight=False, markup=False, soft_wrap=True)


def announce(draws: int, jobs: Sequence[str]) -> None:
    """The plan, before time is spent; on stderr."""
    note(f"Plan: {'; '.join([f'{draws} shops are drawn, fitted, and fixed policies valued in each', *jobs])}.")
