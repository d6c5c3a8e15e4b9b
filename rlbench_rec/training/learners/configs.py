"""The configs of the learners in plain torch. What they learn is in the file of each name, which loads torch; a list of
algorithms does not.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar, Literal

from pydantic import Field

from ...errors import InputError
from ..algorithm_config import LOGIT_FORMS, AlgorithmConfig, Learns, ValueConfig, Width

if TYPE_CHECKING:
    from ..networks import NetworkBuilder
    from .advantage_weighting import AdvantageWeightedLearning
    from .dt import DTLearning
    from .q_table import QTableLearning
    from .qr_dqn import QRDQNLearning
    from .rvs import RvSLearning
    from .sarsa import SARSALearning
    from .sqn import SQNLearning


class SARSA(ValueConfig):
    """SARSA: Q of the behaviour policy, by temporal differences along the log.

    loss = (Q(s, a) - y)^2, y = r + gamma Q'(s', a'), a' the action that the log took next (Rummery and Niranjan 1994).
    Acting greedily on it is one step of policy improvement (Brandfonbrener et al. 2021).
    """

    target_update_interval: int = Field(default=200, ge=1)
    """Steps between copies of the network into the target network."""

    learns: ClassVar[Learns] = "value of the behaviour policy"

    @classmethod
    def gives_objective(cls) -> bool:
        return True

    def build(self, networks: NetworkBuilder, batch_size: int) -> SARSALearning:
        from .sarsa import SARSALearning

        return SARSALearning(self, networks)


class AdvantageWeighted(ValueConfig):
    """What `iql` and `awr` share: a policy that is a clone whose rows weigh exp(beta (Q(s, a) - V(s)))."""

    beta: float = Field(default=3.0, ge=0)
    """How much more a better action counts, per unit of advantage; 0 clones the behaviour policy. Peng et al. 2019
    write 1 / beta."""
    weight_clip: float = Field(default=100.0, gt=0)
    """Largest weight of a row."""
    target_update_interval: int = Field(default=200, ge=1)
    """Steps between copies of Q into its target."""

    forms: ClassVar[tuple[str, ...]] = LOGIT_FORMS

    @classmethod
    def gives_objective(cls) -> bool:
        return True


class IQL(AdvantageWeighted):
    """Implicit Q-learning: a next state is worth an upper expectile of its logged actions, never what was not logged.

    loss = |expectile - 1(u < 0)| u^2 + (Q(s, a) - r - gamma V(s'))^2 - min(exp(beta u), clip) log pi(a|s),
    u = Q'(s, a) - V(s) (Kostrikov et al. 2022), each term for its own network.
    """

    expectile: float = Field(default=0.7, gt=0, lt=1)
    """Which expectile V is of Q over the log's actions: 0.5 values the behaviour policy, 1 the best that was logged."""

    def build(self, networks: NetworkBuilder, batch_size: int) -> AdvantageWeightedLearning:
        from .advantage_weighting import AdvantageWeightedLearning
        from .iql import iql_loss

        return AdvantageWeightedLearning(
            self, networks, networks.scores(), iql_loss, self.expectile, q_targets_take_v=True
        )


class AWR(AdvantageWeighted):
    """Advantage-weighted regression: clone the log's actions, the more the better each was than the behaviour policy.

    loss = (Q(s, a) - r - gamma Q'(s', a'))^2 + u^2 / 2 - min(exp(beta u), clip) log pi(a|s), u = Q(s, a) - V(s), a'
    the log's next action: one step of policy improvement (Peng et al. 2019, on a fitted Q as in Brandfonbrener et al.
    2021).
    """

    learns: ClassVar[Learns] = "value of the behaviour policy"

    def build(self, networks: NetworkBuilder, batch_size: int) -> AdvantageWeightedLearning:
        from ..networks import BehaviourQ
        from .advantage_weighting import AdvantageWeightedLearning
        from .awr import awr_loss

        q = BehaviourQ(networks.scores().heads)
        return AdvantageWeightedLearning(self, networks, q, awr_loss, expectile=0.5, q_targets_take_v=False)


class SQN(ValueConfig):
    """Self-supervised Q-learning: one encoder under two heads, a clone of the log and Double DQN's Q; the clone acts.

    loss = -log pi(a|s) + td_weight * Double DQN's (Xin et al. 2020). What Q learns shapes the features that the clone
    stands on; it does not choose.
    """

    td_weight: float = Field(default=1.0, ge=0)
    """Weight of Q's loss; 1 as in the paper."""
    target_update_interval: int = Field(default=200, ge=1)
    """Steps between copies of the network into the target network."""

    forms: ClassVar[tuple[str, ...]] = LOGIT_FORMS
    learns: ClassVar[Learns] = "value of the best policy"

    @classmethod
    def gives_objective(cls) -> bool:
        return True

    def build(self, networks: NetworkBuilder, batch_size: int) -> SQNLearning:
        from .sqn import SQNLearning

        return SQNLearning(self, networks)


class QRDQN(ValueConfig):
    """Quantile regression DQN: the return's distribution, as quantiles of each action; Q is their mean.

    Quantile theta_i(s, a) at level (i - 1/2) / n is fitted to r + gamma theta'_j(s', b), all j, b the action of the
    largest mean, by the quantile Huber loss |level - 1(u < 0)| H_kappa(u) / kappa (Dabney et al. 2018).
    """

    n_quantiles: int = Field(default=32, ge=2, le=1_000)
    """Quantiles an action."""
    kappa: float = Field(default=1.0, gt=0)
    """Where the loss bends from squared to absolute, in units of Q. Large, its minimum is nearer to expectiles."""
    target_update_interval: int = Field(default=200, ge=1)
    """Steps between copies of the network into the target network."""

    @classmethod
    def gives_objective(cls) -> bool:
        return True

    def build(self, networks: NetworkBuilder, batch_size: int) -> QRDQNLearning:
        from .qr_dqn import QRDQNLearning

        return QRDQNLearning(self, networks)


class RvS(AlgorithmConfig):
    """RvS: clone the log's actions given the return that followed, and act by asking for a high one.

    loss = -log pi(a_t | s_t, z_t), z the standardised discounted reward to go; at play that of what is still wanted,
    (target - earned)/gamma^t (reinforcement learning via supervised learning, RvS-R of Emmons et al. 2022, whose
    outcome is the average reward to go). Where a high return is luck and not the actions' doing, asking for it clones
    what lucky sessions did.
    """

    quantile: float = Field(default=0.9, ge=0.0, le=1.0)
    """Quantile of the training side's returns that is asked for."""

    learns: ClassVar[Learns] = "better policy"

    @classmethod
    def gives_objective(cls) -> bool:
        return True

    def build(self, networks: NetworkBuilder, batch_size: int) -> RvSLearning:
        from .rvs import RvSLearning

        return RvSLearning(self, networks)


class DT(AlgorithmConfig):
    """Decision Transformer: predict the log's actions from the last decisions, with the return that followed each.

    A causal transformer reads z_1, s_1, a_1, z_2, s_2, ..., z the standardised discounted reward to go, and gives at
    each s_t the logits of a_t; loss = -log pi(a_t | ..., z_t, s_t), the mean over the window (Chen et al. 2021). At
    play z is that of the return that is still wanted: the target's at first, then less what was earned. `rvs` is the
    same with a window of one decision and no transformer. `dropout` and `layer_norm` are the encoder's; the blocks have
    their own norms and no dropout.
    """

    quantile: float = Field(default=0.9, ge=0.0, le=1.0)
    """Quantile of the training side's returns that is asked for."""
    context: int = Field(default=5, ge=1, le=1_000)
    """Decisions that it reads, the present one among them."""
    width: Width = 32
    """Of a token; even."""
    blocks: int = Field(default=2, ge=1, le=100)
    """Blocks of self-attention, of two heads."""
    longest: int = Field(default=100, ge=1, le=100_000)
    """Decisions of a session that are told apart by their place; later ones count as the last."""

    learns: ClassVar[Learns] = "better policy"

    @classmethod
    def gives_objective(cls) -> bool:
        return True

    def build(self, networks: NetworkBuilder, batch_size: int) -> DTLearning:
        from .dt import DTLearning

        return DTLearning(self, networks)


class QTable(ValueConfig):
    """Q by value iteration on the log's empirical model: one row a distinct state, no network and no sampling.

    Q(s, a) = r(s, a) + gamma sum_s' P(s'|s, a) max_b Q(s', b), r and P the means over the log's own rows of (s, a), b
    over the actions that the log took in s'. What it gets wrong is what the log does not tell, nothing else: the
    yardstick for learners on logs with few states. Steps, batches, encoder and learning rate do not matter to it.
    """

    most_states: int = Field(default=10_000, ge=1, le=10_000_000)
    """Distinct states at most."""
    unseen: Literal["never", "pessimistic"] = "never"
    """What an action is worth that the log never took in a state: minus infinity, or the least that was ever earned
    from a decision on. A state that is not in the log, or in which it took nothing that can be shown, has the latter
    for all actions either way."""

    @property
    def scales_rewards(self) -> bool:
        return False

    def build(self, networks: NetworkBuilder, batch_size: int) -> QTableLearning:
        from .q_table import QTableLearning

        if self.n_steps > 1:
            raise InputError("q-table looks one step ahead.", where="n_steps", hint="Leave it out.")
        return QTableLearning(self, networks)
