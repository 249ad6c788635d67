"""Stage 1, quick audit."""
