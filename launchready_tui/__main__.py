"""`python -m launchready_tui` is the same program as `launchready`."""

from .cli import main

if __name__ == "__main__":
    main()
