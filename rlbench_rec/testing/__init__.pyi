from . import algorithms as algorithms
from . import datasets as datasets
from . import encoders as encoders
from . import estimators as estimators
from . import metrics as metrics
from . import policies as policies
from . import tasks as tasks
from . import toy_logs as toy_logs
