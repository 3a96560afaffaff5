"""Genes as BED, for genome browsers."""

from deepallele.annotation.genes import Annotation, merge_exons


def genes_bed(annotation: Annotation) -> str:
    """Write genes as BED of twelve columns: a gene's name, and its merged exons as blocks.

    Parameters
    ----------
    annotation
        The genes; their order is kept.

    Returns
    -------
    str
        Lines without header; 0-based half-open.
    """
    # Blocks must not overlap, and exons of both strands may.
    exons = merge_exons(annotation.exons.assign(strand="."))
    groups = exons.groupby("gene_id", sort=False)
    starts, ends = (groups[name].agg(list).to_dict() for name in ("start", "end"))
    lines = []
    genes = annotation.genes
    columns = (genes[name].tolist() for name in ("gene_id", "gene_name", "chrom", "start", "end", "strand"))
    for gene, name, chrom, first, last, strand in zip(*columns, strict=True):
        begins, sizes = [], []
        for start, end in zip(starts[gene], ends[gene], strict=True):
            begins.append(str(start - first))
            sizes.append(str(end - start))
        place = [chrom, first, last, name, 0, strand, first, last, 0]
        lines.append("\t".join(map(str, [*place, len(sizes), ",".join(sizes), ",".join(begins)])))
    return "\n".join(lines) + "\n"
