"""The activity log: who did what, from where, and whether it succeeded."""
