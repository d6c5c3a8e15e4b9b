"""What a log holds, on one screen, as a page, or as a picture."""

from .facts import Profile, Row, Section, profile
from .html_page import page
from .profile_plot import picture

__all__ = ["Profile", "Row", "Section", "page", "picture", "profile"]
