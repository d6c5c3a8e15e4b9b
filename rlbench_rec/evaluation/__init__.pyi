from .bridge import evaluation_log as evaluation_log
from .next_item import imitation_metrics as imitation_metrics
from .q_models import QChoice as QChoice
from .ranking_report import RankingReport as RankingReport
from .ranking_report import ranking_report as ranking_report
