"""What can be named: algorithms, encoders and loops. One line each; the targets load on first use."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..registry import Registry

if TYPE_CHECKING:
    from torch import nn

    from .algorithm_config import AlgorithmConfig
    from .loops.loop import LoopMaker

ALGORITHMS: Registry[type[AlgorithmConfig]] = Registry(
    "algorithm",
    {
        "awr": "rlbench_rec.training.learners.configs:AWR",
        "bc": "rlbench_rec.training.algorithms:BC",
        "bc-top": "rlbench_rec.training.learners.bc_top:BCTop",
        "bcq": "rlbench_rec.training.algorithms:BCQ",
        "cql": "rlbench_rec.training.algorithms:CQL",
        "double-dqn": "rlbench_rec.training.algorithms:DoubleDQN",
        "dqn": "rlbench_rec.training.algorithms:DQN",
        "dr-learner": "rlbench_rec.training.learners.policy_configs:DRLearner",
        "dt": "rlbench_rec.training.learners.configs:DT",
        "ips-learner": "rlbench_rec.training.learners.policy_configs:IPSLearner",
        "gru4rec": "rlbench_rec.training.learners.sequence_configs:GRU4Rec",
        "iql": "rlbench_rec.training.learners.configs:IQL",
        "mode": "rlbench_rec.training.learners.baseline_configs:Mode",
        "myopic": "rlbench_rec.training.learners.baseline_configs:Myopic",
        "nfq": "rlbench_rec.training.algorithms:NFQ",
        "poem": "rlbench_rec.training.learners.policy_configs:POEM",
        "q-table": "rlbench_rec.training.learners.configs:QTable",
        "qr-dqn": "rlbench_rec.training.learners.configs:QRDQN",
        "reinforce": "rlbench_rec.training.learners.policy_configs:Reinforce",
        "rvs": "rlbench_rec.training.learners.configs:RvS",
        "sac": "rlbench_rec.training.algorithms:SAC",
        "sarsa": "rlbench_rec.training.learners.configs:SARSA",
        "sasrec": "rlbench_rec.training.learners.sequence_configs:SASRec",
        "sqn": "rlbench_rec.training.learners.configs:SQN",
        "weighted-likelihood": "rlbench_rec.training.learners.policy_configs:WeightedLikelihood",
    },
    aliases={"ddqn": "double-dqn"},
    group="rlbench_rec.algorithms",
    extra="train",
)
"""Algorithm id -> its config class."""

ENCODERS: Registry[type[nn.Module]] = Registry(
    "encoder",
    {
        "cnn": "rlbench_rec.training.networks.encoders.cnn:CNNEncoder",
        "gru": "rlbench_rec.training.networks.encoders.recurrent:GRUEncoder",
        "lstm": "rlbench_rec.training.networks.encoders.recurrent:LSTMEncoder",
        "mlp": "rlbench_rec.training.networks.encoders.mlp:MLPEncoder",
        "transformer": "rlbench_rec.training.networks.encoders.transformer:TransformerEncoder",
    },
    group="rlbench_rec.encoders",
    extra="train",
)
"""Encoder id -> torch module class, built as `cls(layout, hidden_units, embedding_size)`; with `dropout=` and
`layer_norm=` too where a config asks for them."""

LOOPS: Registry[LoopMaker] = Registry(
    "loop",
    {
        "ensemble": "rlbench_rec.training.loops.ensemble:ensemble",
        "graph": "rlbench_rec.training.loops.graph:graph",
        "graph-bf16": "rlbench_rec.training.loops.graph:graph_bf16",
        "lean": "rlbench_rec.training.loops.lean:lean",
        "stock": "rlbench_rec.training.loops.stock:stock",
        "tensor": "rlbench_rec.training.loops.tensor:tensor",
    },
    extra="train",
)
"""Loop id -> function `(algorithm, data, batch_size, seed, device, n_steps=1) -> Loop`; see `LoopMaker`."""
