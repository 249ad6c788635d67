"""The handover folder: what a founder needs to run the product alone, as pages, tables and data, with every gap in sight."""

from .bundle import build, documents, export, folder_name
from .model import Document, Exported, ExportError, Gap, Problem, SecretFound, Source
from .verify import verify

__all__ = [
    "Document",
    "ExportError",
    "Exported",
    "Gap",
    "Problem",
    "SecretFound",
    "Source",
    "build",
    "documents",
    "export",
    "folder_name",
    "verify",
]
