from . import audit as audit
from . import evaluation as evaluation
from . import events as events
from . import frontier as frontier
from . import mdp as mdp
from . import ope as ope
from . import policies as policies
from . import results as results
from . import serving as serving
from . import suite as suite
from . import tasks as tasks
from . import testing as testing
from . import training as training
from . import tuning as tuning
from .evaluation.bridge import evaluate as evaluate
from .plugins import register as register
from .results.comparison.compare import compare as compare
from .results.read import load_leaderboard as load_leaderboard
from .results.read import load_runs as load_runs
from .suite.config import load_suite as load_suite
from .suite.runner import run_suite as run_suite

__version__: str
