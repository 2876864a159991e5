"""Search: one declaration per searched type, a search server or PostgreSQL behind it."""
