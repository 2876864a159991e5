"""The server itself: information, jobs, health."""
