"""Names of what a dataset holds."""

SCHEMA_VERSION = "1"
REGION_COLUMNS = {"name": "str", "chrom": "str", "start": "int64", "end": "int64", "summit": "int64"}
VARIANT_COLUMNS = {
    "region": "int64",
    "chrom": "str",
    "pos": "int64",
    "ref": "str",
    "alt": "str",
    "allele_a": "str",
    "allele_b": "str",
    "offset_a": "int64",
    "offset_b": "int64",
    "clipped": "bool",
}
CEILING_COLUMNS = {
    "task": "str",
    "samples": "int64",
    "regions": "int64",
    "min_informative": "int64",
    "split_half_r": "float64",
    "split_half_ceiling": "float64",
    "replicate_r": "float64",
    "replicate_ceiling": "float64",
}
# What a region is in a fold. LEFT_OUT: it shares sequence with a region of another part.
TRAIN, VALIDATION, TEST, LEFT_OUT = 0, 1, 2, 3
REAL, ZEROS = "real", "zeros"
# Attribute `source` of a dataset that was made elsewhere.
IMPORTED = "imported"
