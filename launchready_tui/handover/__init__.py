"""The handover folder: what a founder needs to run the product alone, as pages, tables and data, with every gap in sight."""

from .bundle import build, documents, export, folder_name
from .model import Document, Exported, ExportError, Gap, Problem, SecretFound, Source
from .proposals import Proposal, proposals, take
from .verify import verify

__all__ = [
    "Document",
    "ExportError",
    "Exported",
    "Gap",
    "Problem",
    "Proposal",
    "SecretFound",
    "Source",
    "build",
    "documents",
    "export",
    "folder_name",
    "proposals",
    "take",
    "verify",
]
