"""Random search of a model's settings."""
