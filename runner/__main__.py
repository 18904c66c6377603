"""`python -m runner`: the application's commands."""

from __future__ import annotations

from runner.cli.app import main

if __name__ == "__main__":
    main()
