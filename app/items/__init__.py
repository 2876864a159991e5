"""The thin row that every movie, show, season and episode has, and its playable versions."""
