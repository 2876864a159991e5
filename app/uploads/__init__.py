"""Files on their way in: sent first, then used once by a mutation."""
