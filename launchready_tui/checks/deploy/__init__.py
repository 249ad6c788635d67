"""Stage 4: does the product take real money, and will the app stores let it in."""
