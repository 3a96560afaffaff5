"""Datasets from and for elsewhere: published HDF5, FASTA pairs, tables of pairs, NumPy archives."""
