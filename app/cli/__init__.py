"""`revenge`: the command line. Commands import what they need when they run: start-up is short."""

from app.cli.commands import main

__all__ = ["main"]
