"""What providers say, brought into the libraries: matched, refreshed, edited, locked."""
