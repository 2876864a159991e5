"""Probing of media files in limited child processes.

Nothing is imported here: the child must start without asyncio and without the parent's half.
"""
