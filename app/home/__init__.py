"""What mixes kinds of content: continue watching, recently added, history."""
