"""The compiled, breadth-first executor of operations."""
