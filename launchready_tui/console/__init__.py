"""The Textual app: pages that draw a snapshot, actions in one table, and workers that do what takes time."""
