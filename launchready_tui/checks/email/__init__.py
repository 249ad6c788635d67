"""Stage 3, email deliverability."""
