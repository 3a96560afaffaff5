"""Single-cell ATAC: cells, their fragments and counts, and pseudobulk."""
