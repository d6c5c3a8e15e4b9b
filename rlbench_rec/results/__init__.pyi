from .comparison.compare import Comparison as Comparison
from .metrics import METRICS as METRICS
from .metrics import Metric as Metric
