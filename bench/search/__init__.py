"""How well search finds and how fast: a made catalogue, what it is asked, and both backends."""
