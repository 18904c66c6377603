"""One benchmark a file; `python -m runner bench` prints them."""
