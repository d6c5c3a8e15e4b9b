from .plan import Plan as Plan
from .search import Search as Search
from .spaces import load_spaces as load_spaces
from .tuner import FinishedSearch as FinishedSearch
from .tuner import tune as tune
