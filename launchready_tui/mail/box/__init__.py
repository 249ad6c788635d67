"""Test mailboxes over IMAP: read only, only our own tagged mails, always with an end in time."""

from .access import Keep, enter
from .box import Box, open_box
from .folders import Folder, Place
from .letter import Letter

__all__ = ["Box", "Folder", "Keep", "Letter", "Place", "enter", "open_box"]
