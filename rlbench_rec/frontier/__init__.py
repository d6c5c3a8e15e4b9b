"""The boldest improvement that a log can vouch for: policies from the behaviour policy outwards, chosen and scored.

`trace` estimates every step of a dial on a validation part and chooses, `score` looks at the test side once.
"""

from ..policies.divergence import DIVERGENCES
from .base import Base, BaseOnLog, ScoredLog, Setting
from .choose import LEAST_CONCENTRATION, MARGIN
from .contenders import MeanScores, negated
from .dial import DIALS
from .frontier import Frontier, Step
from .logged_base import LoggedBase, logged_base
from .looking_ahead import Gain, LookingAhead, looking_ahead
from .score import Score, exploration, log_of_frontier, log_of_step, most_promising, score
from .service_base import ServiceBase
from .trace import trace

__all__ = [
    "DIALS",
    "DIVERGENCES",
    "LEAST_CONCENTRATION",
    "MARGIN",
    "Base",
    "BaseOnLog",
    "Frontier",
    "Gain",
    "LoggedBase",
    "LookingAhead",
    "MeanScores",
    "Score",
    "ScoredLog",
    "ServiceBase",
    "Setting",
    "Step",
    "exploration",
    "log_of_frontier",
    "log_of_step",
    "logged_base",
    "looking_ahead",
    "most_promising",
    "negated",
    "score",
    "trace",
]
