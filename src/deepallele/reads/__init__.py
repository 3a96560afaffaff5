"""Sequencing reads before alignment."""
