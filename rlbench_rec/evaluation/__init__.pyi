from .bridge import evaluation_log as evaluation_log
from .next_item import imitation_metrics as imitation_metrics
from .q_models import QChoice as QChoice
from .report import RankingReport as RankingReport
from .report import ranking_report as ranking_report
