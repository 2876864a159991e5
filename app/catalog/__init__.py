"""What movies and shows share: genres, credits, external ids, collections."""
