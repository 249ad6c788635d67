"""Stage 7: what inventory and people show: access, bus factor, contacts, backups, documents, and whether it could be
rebuilt."""
