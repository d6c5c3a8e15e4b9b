"""What a log holds, on one screen, as a page, or as a picture."""

from .facts import Profile, Row, Section, profile
from .page import page
from .picture import picture
from .screen import screen

__all__ = ["Profile", "Row", "Section", "page", "picture", "profile", "screen"]
