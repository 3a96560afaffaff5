"""Genes as BED: exons of all transcripts merged into blocks."""

from deepallele.annotation.bed import genes_bed
from deepallele.annotation.genes import read_annotation


def test_exons_of_a_gene_are_its_blocks(tmp_path):
    lines = []
    for gene, transcript, start, end, strand in [
        ("g1", "t1", 101, 200, "+"),
        ("g1", "t1", 301, 400, "+"),
        ("g1", "t2", 151, 220, "+"),
        ("g2", "t3", 1001, 1050, "-"),
        ("g2", "t4", 1031, 1100, "+"),
    ]:
        told = f'gene_id "{gene}"; transcript_id "{transcript}"; gene_name "N {gene}";'
        lines.append(f"c1\tx\texon\t{start}\t{end}\t.\t{strand}\t.\t{told}")
    (tmp_path / "a.gtf").write_text("\n".join(lines) + "\n")
    rows = [line.split("\t") for line in genes_bed(read_annotation(tmp_path / "a.gtf", ["c1"])).splitlines()]
    assert rows[0] == ["c1", "100", "400", "N g1", "0", "+", "100", "400", "0", "2", "120,100", "0,200"]
    assert rows[1] == ["c1", "1000", "1100", "N g2", "0", ".", "1000", "1100", "0", "1", "100", "0"]
