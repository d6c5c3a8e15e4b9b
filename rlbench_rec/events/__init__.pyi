from . import infer as infer
from .cards.card import DatasetCard as DatasetCard
from .cards.find import find_card as find_card
from .cards.find import list_cards as list_cards
from .event_log import EventLog as EventLog
from .event_types import EVENTS as EVENTS
from .load_report import LoadReport as LoadReport
from .loading import load as load
