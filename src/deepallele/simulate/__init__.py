"""Reads of an F1 hybrid made from a known regulatory grammar, and the comparison of a run with that truth."""
