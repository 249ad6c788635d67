"""Stage 2, domain and edge."""
