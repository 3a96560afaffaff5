"""What predictions are worth: out of fold, in parts of the regions, with their errors."""
