"""Progress and history per viewer and item."""
