"""Stage 5, performance."""
