"""The configs of the learners that look for a policy by what it would have earned on the log: `ips-learner`,
`dr-learner`, `poem`, `reinforce` and `weighted-likelihood`. What they learn is in the file of each name.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, ClassVar, Literal

from pydantic import Field

from ...errors import InputError
from ...mdp.provenance import NOT_IDENTIFIED
from ..algorithm_config import LOGIT_FORMS, AlgorithmConfig, Learns

if TYPE_CHECKING:
    from ...mdp.dataset import TransitionDataset
    from ..networks import NetworkBuilder
    from .policy_learning import PolicyLearning

Strength = Annotated[float, Field(ge=0, allow_inf_nan=False)]


class PolicyLearner(AlgorithmConfig):
    """What they share. The policy pi weighs a logged decision by w = pi(a|s) / p, p its propensity; G is what came of
    it: the reward, on sequential logs the discounted rewards to go, which makes them one step of policy improvement.

    loss = -(what pi would have earned) + imitation mean (w - 1 - log w). The second term is the divergence KL(b | pi)
    from the behaviour policy b in expectation, and 0 on every row where pi = b, whatever was drawn (k3 of Schulman
    2020). By itself it fits the clone, a softmax that is b as far as the propensities tell it. A policy is the clone's
    scores plus a tilt: clicks of four in a thousand say too little of most actions to learn all from them. How bold the
    tilt may be is chosen inside the training side: for each strength of imitation, with and without the context, a tilt
    is fitted on either half of the users, and judged on the other by the self-normalised estimate; the one of the
    highest lower limit (`caution` standard errors below its lift) is kept as fitted on all, and where no limit is above
    0 the clone. All are trained in one pass.
    """

    learning_rate: float = Field(default=5e-3, gt=0)
    """Step size of Adam. Larger than that of deep networks, since a linear policy starts with no tilt."""
    policy: Literal["linear", "network"] = "linear"
    """Scores b_a + w_a . x, x the observations; with candidates or item vectors also a product of both. Or those of
    networks, with the encoder that `fit` is given."""
    imitation: tuple[Strength, ...] = Field(default=(1.0, 0.1, 0.03, 0.01), min_length=1, max_length=20)
    """Strengths that are chosen among, in units of the return's standard deviation."""
    tilts: tuple[Literal["context", "action", "sharpness"], ...] = Field(
        default=("context", "action", "sharpness"), min_length=1
    )
    """Kinds of tilt that are chosen among: by the context, by the action alone, or the clone's own scores, sharper or
    flatter."""
    caution: float = Field(default=2.0, ge=0, allow_inf_nan=False)
    """Standard errors that the choice takes off a lift."""
    clip: float = Field(default=100.0, gt=0)
    """Largest weight w. Above it a decision no longer pulls."""
    standardise_rewards: bool = True
    """Whether rewards are divided, inside training, by the standard deviation of the return."""

    forms: ClassVar[tuple[str, ...]] = LOGIT_FORMS
    learns: ClassVar[Learns] = "better policy"

    @classmethod
    def gives_objective(cls) -> bool:
        return True

    @property
    def scales_rewards(self) -> bool:
        return self.standardise_rewards

    def episodes(
        self, training: TransitionDataset, held_out: TransitionDataset | None
    ) -> tuple[TransitionDataset, TransitionDataset | None]:
        """All of them.

        Raises:
            InputError: the log has no propensities.
        """
        if training.propensities is None:
            what = "The log has no propensities, so there is nothing to weigh its decisions by."
            if training.provenance.identification == NOT_IDENTIFIED:
                what += " Users chose these items themselves."
            raise InputError(what, where=training.provenance.source, hint="Use dqn, cql, or a policy of next items.")
        return training, held_out


class IPSLearner(PolicyLearner):
    """Inverse propensity scoring as an objective: the policy that the log says earns most.

    loss = -mean min(w, clip) (G - c) + imitation, c the mean of G: a constant changes nothing in expectation, and
    without it a policy gains by leaving the logged actions alone or by covering them, whatever they earned (Swaminathan
    and Joachims 2015b; Joachims, Swaminathan and de Rijke 2018).
    """

    def build(self, networks: NetworkBuilder, batch_size: int) -> PolicyLearning:
        from .ips_learner import ips_loss
        from .policy_learning import PolicyLearning

        return PolicyLearning(self, networks, ips_loss)


class DRLearner(PolicyLearner):
    """The doubly robust estimate as an objective: a reward model, and weights for what it misses.

    loss = -mean [sum_b pi(b|s) q(s, b) + min(w, clip) (G - q(s, a))] + imitation (Dudik, Langford and Li 2011), q the
    reward model of `value_models/reward_model.py`, on every row one that did not see the row's user.
    """

    def build(self, networks: NetworkBuilder, batch_size: int) -> PolicyLearning:
        from .dr_learner import DRLearning

        return DRLearning(self, networks)


class POEM(PolicyLearner):
    """Policy optimiser for exponential models: counterfactual risk minimisation.

    loss = -V + penalty sqrt(Var / n) + imitation, V the (self-normalised) estimate of the policy's value, Var the
    variance of its terms over rows, n the rows trained on (Swaminathan and Joachims 2015a, 2015b). Both are taken over
    a batch; the papers bound the root by a line and go through the log in passes.
    """

    penalty: float = Field(default=1.0, ge=0, allow_inf_nan=False)
    """What a standard error of the estimate costs: the paper's lambda."""
    self_normalised: bool = True
    """Whether V is sum w G / sum w; else mean w (G - c), c the mean of G."""

    def build(self, networks: NetworkBuilder, batch_size: int) -> PolicyLearning:
        from .poem import poem_loss, self_normalised_poem_loss
        from .policy_learning import PolicyLearning

        loss = self_normalised_poem_loss if self.self_normalised else poem_loss
        return PolicyLearning(self, networks, loss, penalty=self.penalty)


class Reinforce(PolicyLearner):
    """The off-policy policy gradient, and its correction for slates of K items.

    loss = -mean sg[min(w, clip) K (1 - pi(a|s))^(K - 1)] (G - c) log pi(a|s) + imitation, sg without gradient, c the
    mean of G (Chen et al. 2019). With K = 1 its gradient is that of `ips-learner` where no weight is clipped; above the
    clip it still pulls. On sequential logs the weight is the decision's own, as in the paper.
    """

    top_k: int = Field(default=1, ge=1, le=10_000)
    """Items that are shown together, drawn from pi one by one: once an item is likely to be among them, more of it
    gains nothing."""

    def build(self, networks: NetworkBuilder, batch_size: int) -> PolicyLearning:
        from .policy_learning import PolicyLearning
        from .reinforce import reinforce_loss

        return PolicyLearning(self, networks, reinforce_loss, top_k=self.top_k)


class WeightedLikelihood(PolicyLearner):
    """Weighted log-likelihood: clone the log's decisions, the more the more they earned.

    loss = -mean g log pi(a|s) + imitation, g = max(G, 0) / max(p, 1 / clip), divided by its mean: concave in the scores
    where the value of a softmax is not (Aouali and Sakhi 2025, arXiv:2509.03456). Its best policy without imitation is
    proportional to what actions earn.
    """

    def build(self, networks: NetworkBuilder, batch_size: int) -> PolicyLearning:
        from .policy_learning import PolicyLearning
        from .weighted_likelihood import weighted_likelihood_loss

        return PolicyLearning(self, networks, weighted_likelihood_loss)
