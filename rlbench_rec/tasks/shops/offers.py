"""`offers-v1`: the next move in a customer-service chat: ask, explain, apologise, offer a voucher, or hand over."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property, partial
from typing import ClassVar, Literal

import numpy as np
from pydantic import Field, model_validator

from ...policies import QFunction
from ..policy_ladder import ScoredConfig, ScoredTask
from ..simulator import Simulator
from .offers_chat import CLARITY, CUSTOMERS, DECLINED, HAND_OVER, MOODS, MOVES, SORRY, Chat, Customers
from .shared.draws import draw_category, draw_group, standardised_ranks
from .shared.state_columns import one_hot, whole
from .shared.strata import OFFERS

METRICS = ("settled", "spend", "handed", "satisfaction")


class OffersConfig(ScoredConfig):
    """Parameters of the chat; money in units of what it is worth to settle a chat, the rest log-odds unless said
    otherwise."""

    added: ClassVar[frozenset[str]] = ScoredConfig.added | {"observed"}

    gamma: float = Field(default=1.0, ge=0.0, le=1.0)
    """Discount factor over turns: a chat's result is a plain sum."""
    horizon: int = Field(default=10, ge=1, le=100)
    """Turns after which a chat that is not settled has failed."""
    issues: int = Field(default=3, ge=1, le=20)
    """Kinds of trouble, known from the customer's choice at the start of the chat."""
    small: float = Field(default=0.15, ge=0.0, le=10.0)
    """Cost of a small voucher, if it is taken."""
    large: float = Field(default=0.45, ge=0.0, le=10.0)
    """Cost of a large voucher, if it is taken; at least that of the small one."""
    hand_cost: float = Field(default=0.5, ge=0.0, le=10.0)
    """Cost of handing over to a person."""
    turn_cost: float = Field(default=0.01, ge=0.0, le=1.0)
    """Cost of a turn."""
    lost: float = Field(default=0.5, ge=0.0, le=10.0)
    """Cost of a customer who leaves unsettled, beside what settling is worth."""
    explain_base: float = Field(default=-2.5, ge=-8.0, le=4.0)
    """An explanation settles it, in the middle mood and nothing clear."""
    explain_clear: float = Field(default=1.6, ge=0.0, le=5.0)
    """Added to that per level of clarity: one can explain what one has understood."""
    explain_mood: float = Field(default=0.4, ge=0.0, le=5.0)
    """Added to that per level of mood."""
    issue_spread: float = Field(default=0.5, ge=0.0, le=3.0)
    """Standard deviation of how readily issues can be explained."""
    take_small: float = Field(default=-1.2, ge=-8.0, le=4.0)
    """A small voucher is taken, in the middle mood."""
    take_large: float = Field(default=0.2, ge=-8.0, le=4.0)
    """A large voucher is taken, in the middle mood."""
    take_mood: float = Field(default=0.4, ge=0.0, le=5.0)
    """Added to both per level of mood."""
    take_again: float = Field(default=1.0, ge=0.0, le=5.0)
    """Taken from both after a voucher at least as large was declined."""
    hand_settles: float = Field(default=0.85, ge=0.0, le=1.0)
    """Probability that the person settles it."""
    asking_clears: float = Field(default=0.7, ge=0.0, le=1.0)
    """Probability that a question makes things one level clearer."""
    asking_annoys: float = Field(default=0.3, ge=0.0, le=1.0)
    """Probability that a question takes a level of mood."""
    failing_annoys: float = Field(default=0.5, ge=0.0, le=1.0)
    """The same for an explanation that does not settle it, or a voucher that is declined."""
    sorry_soothes: float = Field(default=0.8, ge=0.0, le=1.0)
    """Probability that the first apology brings a level of mood."""
    sorry_wears: float = Field(default=0.4, ge=0.0, le=1.0)
    """Each further apology keeps this share of the one before."""
    leave_base: float = Field(default=-3.5, ge=-10.0, le=4.0)
    """Leaving after the first turn by an ordinary customer in the middle mood."""
    leave_mood: float = Field(default=0.9, ge=0.0, le=5.0)
    """Taken from leaving per level of mood."""
    leave_turn: float = Field(default=0.2, ge=0.0, le=5.0)
    """Added to leaving per turn."""
    patience_spread: float = Field(default=0.7, ge=0.0, le=5.0)
    """Added to leaving for hurried customers, taken from it for patient ones."""

    observed: Literal["full", "partial"] = "full"
    """`partial`: states show the middle mood whatever it is."""

    @model_validator(mode="after")
    def _vouchers_rise(self) -> OffersConfig:
        if self.small > self.large:
            raise ValueError(f"the small voucher {self.small} costs more than the large one {self.large}")
        return self


class OffersSimulator(Simulator):
    """A batch of chats; see `Offers` for the equations."""

    draws_at_start = 3
    draws_per_step = 4

    def __init__(self, task: Offers, n_users: int, seed: int | Sequence[int], users: Sequence[int] | None = None):
        super().__init__(task.action_count, task.horizon, n_users, seed, users)
        self.task, self.config = task, task.config

    def _begin(self, uniforms: np.ndarray) -> dict[str, np.ndarray]:
        nothing = np.zeros(uniforms.shape[1], np.int64)
        customer, issue = draw_group(uniforms[0], self.task.shares), draw_group(uniforms[1], self.task.issue_shares)
        # Nobody opens such a chat in the best of moods.
        mood = draw_category(uniforms[2], MOODS - 1)
        return Chat(customer, issue, mood, nothing, nothing, nothing)._asdict()

    def _react(self, actions: np.ndarray, uniforms: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        customers, chat = self.task.customers, Chat(**self.users)
        chance = customers.settle_chance(chat, actions)
        settled = uniforms[0] < chance
        clears, moves = (
            uniforms[1] < customers.clear_chance(actions),
            uniforms[2] < customers.mood_chance(chat, actions),
        )
        after = customers.after(chat, actions, clears & ~settled, moves & ~settled)
        last = (actions == HAND_OVER) | (self.elapsed == self.horizon - 1)
        gone = uniforms[3] < customers.leave_chance(after, self.elapsed)
        lost = ~settled & (gone | last)
        if self.config.rollouts == "expected":
            unsettled = customers.after(chat, actions, clears, moves)
            leave = (1.0 - chance) * np.where(last, 1.0, customers.leave_chance(unsettled, self.elapsed))
            mood = chance * chat.mood + leave * unsettled.mood
            self.means = self._outcomes(actions, chance, leave, mood)
        self.users = after._asdict()
        over = settled | lost
        outcomes = self._outcomes(actions, settled, lost, over * after.mood).astype(np.float32)
        return outcomes[:, 0], outcomes[:, 1:], over

    def _outcomes(self, actions: np.ndarray, settled: np.ndarray, lost: np.ndarray, mood: np.ndarray) -> np.ndarray:
        """(k, 1 + m) reward and metrics of a turn, from what it settled and lost, or the chances of it, and the mood of
        chats that are over."""
        c, cost = self.config, self.task.customers.cost(actions, settled)
        reward = settled - c.lost * lost - cost - c.turn_cost
        return np.stack((reward, settled, cost, actions == HAND_OVER, mood / (MOODS - 1)), axis=1)

    def _observe(self) -> np.ndarray:
        chat, time = Chat(**self.users), np.full(len(self.users["mood"]), self.elapsed / self.horizon)
        customer = (one_hot(chat.customer, len(CUSTOMERS)), one_hot(chat.issue, self.config.issues))
        mood = chat.mood / (MOODS - 1) if self.config.observed == "full" else np.full(len(time), 0.5)
        levels = (mood, chat.clear / (CLARITY - 1), chat.sorry / (SORRY - 1))
        return np.column_stack((*customer, *levels, chat.declined / (DECLINED - 1), time)).astype(np.float32)


class Offers(ScoredTask[OffersConfig]):
    """The next move in a customer-service chat: a voucher buys peace at once; listening first is cheaper.

    An episode is one chat, a step one turn. A customer (hurried, ordinary, patient: side l = 1, 0, -1) with an issue i
    has a mood m in 0..4; the issue is clear to a level u in 0..2, s apologies were made, and a voucher of size d was
    declined. With sigma the logistic function:

        P(settled | explain)   = sigma(explain_base + issue_i + explain_clear u + explain_mood (m - 2))
        P(settled | voucher k) = sigma(take_k + take_mood (m - 2) - take_again 1{d >= k})       paid only if taken
        P(settled | hand over) = hand_settles                                   paid always; the chat is over
        otherwise: ask         u' = u + 1 with asking_clears, m' = m - 1 with asking_annoys
                   apologise   m' = m + 1 with sorry_soothes sorry_wears^s, s' = s + 1
                   explain, voucher k    m' = m - 1 with failing_annoys; d' = max(d, k) after a voucher
        P(leave | not settled) = sigma(leave_base + patience_spread l - leave_mood (m' - 2) + leave_turn turn)
        reward                 = settled - lost 1{left, or not settled by the person or in the last turn}
                                 - cost of voucher or person - turn_cost

    A state is (customer and issue one-hot, m / 4, u / 2, s / 2, d / 2, turn / turns), all of which the shop sees or
    reads from the text. Looking ahead pays because questions and apologies earn nothing by themselves, and what they
    bring makes the free explanation work; but each turn costs patience.

    Metrics per turn: settled, spend = vouchers and persons, handed = handed over, satisfaction = mood at the end of the
    chat (0 to 1).

    The score `myopic` is the expected reward of the turn, `farsighted` the optimal Q by dynamic programming. Both are
    exact.

    Dialogue as a Markov decision process: Levin, Pieraccini and Eckert (2000), Singh et al. (2002, NJFun), with cost of
    a hand-over Rajendran, Ganhotra and Polymenakos (2019); recovery by apology and compensation: Smith, Bolton and
    Wagner (1999), Tax, Brown and Chandrashekaran (1998); negotiation moves: Lewis et al. (2017).
    """

    id = "offers-v1"
    Config = OffersConfig
    strata = OFFERS
    metric_names = METRICS
    action_names = MOVES
    action_count = len(MOVES)

    def __init__(self, config: OffersConfig, seed: int = 0):
        super().__init__(config, seed)
        rng = np.random.default_rng(seed)
        self.customers = Customers(config, config.issue_spread * standardised_ranks(rng, config.issues))
        self.shares = rng.dirichlet(np.full(len(CUSTOMERS), 20.0))
        self.issue_shares = rng.dirichlet(np.full(config.issues, 20.0))
        issues = (f"issue_{i}" for i in range(config.issues))
        self.observation_names = (*CUSTOMERS, *issues, "mood", "clear", "sorry", "declined", "time")

    def simulator(self, n_users: int, seed: int | Sequence[int], users: Sequence[int] | None = None) -> OffersSimulator:
        return OffersSimulator(self, n_users, seed, users)

    @cached_property
    def optimum(self) -> float | None:
        """Exact, by dynamic programming over all chats; None where the shop does not see all of them."""
        from ..planners.exact import best_chats
        from ..upper_bounds import as_published

        return best_chats(self) if as_published(self.config) else None

    @property
    def observation_bounds(self) -> tuple[np.ndarray, np.ndarray]:
        size = len(self.observation_names)
        return np.zeros(size, np.float32), np.ones(size, np.float32)

    # --- scores ------------------------------------------------------------------------------------------------
    def scores(self) -> dict[str, QFunction]:
        return {name: partial(self._look_up, self.plan(g)) for name, g in (("myopic", 0.0), ("farsighted", self.gamma))}

    def plan(self, gamma: float) -> np.ndarray:
        """(turns, customers, issues, moods, clarity, sorry, declined, moves) optimal Q; gamma = 0: expected rewards."""
        c, customers, move = self.config, self.customers, np.arange(self.action_count)
        levels = np.ogrid[: len(CUSTOMERS), : c.issues, :MOODS, :CLARITY, :SORRY, :DECLINED, : self.action_count]
        chat, over = Chat(*levels[:-1]), move == HAND_OVER
        shape = np.broadcast_shapes(*(axis.shape for axis in levels))
        settled = np.broadcast_to(customers.settle_chance(chat, move), shape)
        clears, moves = customers.clear_chance(move), customers.mood_chance(chat, move)
        q = np.empty((self.horizon, *shape))
        values = np.zeros(shape[:-1])
        for t in reversed(range(self.horizon)):
            ahead = np.zeros(shape)
            for cleared, moved in np.ndindex(2, 2):
                way = (clears if cleared else 1.0 - clears) * (moves if moved else 1.0 - moves)
                after = customers.after(chat, move, cleared, moved)
                leave = np.where(over | (t == self.horizon - 1), 1.0, customers.leave_chance(after, t))
                ahead += way * (gamma * (1.0 - leave) * values[after] - c.lost * leave)
            q[t] = settled - customers.cost(move, settled) - c.turn_cost + (1.0 - settled) * ahead
            values = q[t].max(axis=-1)
        return q

    def _look_up(self, plan: np.ndarray, states: np.ndarray) -> np.ndarray:
        kinds, issues = len(CUSTOMERS), self.config.issues
        customer, issue = states[:, :kinds].argmax(axis=1), states[:, kinds : kinds + issues].argmax(axis=1)
        levels = [
            whole(states[:, kinds + issues + i], count - 1, count)
            for i, count in enumerate((MOODS, CLARITY, SORRY, DECLINED))
        ]
        return plan[(whole(states[:, -1], self.horizon, self.horizon), customer, issue, *levels)]
