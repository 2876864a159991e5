"""What others know of films, shows and people: providers, asked side by side."""
