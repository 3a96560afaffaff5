"""The report: figures and tables of all stages in one HTML file."""
