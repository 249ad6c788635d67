"""The handover folder: what a founder needs to run the product alone, as pages, tables and data, with every gap in
sight."""

from .bundle import build, documents, export, folder_name
from .model import Document, Exported, ExportError, Gap, NotCompared, Problem, SecretFound, not_filled, told
from .proposals import Proposal, proposals, take
from .record import Record
from .verify import verify
from .without import Without, without
from .zones import ask

__all__ = [
    "Document",
    "ExportError",
    "Exported",
    "Gap",
    "NotCompared",
    "Problem",
    "Proposal",
    "Record",
    "SecretFound",
    "Without",
    "ask",
    "build",
    "documents",
    "export",
    "folder_name",
    "not_filled",
    "proposals",
    "take",
    "told",
    "verify",
    "without",
]
