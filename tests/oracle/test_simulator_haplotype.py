"""The simulator's second haplotype against `bcftools consensus` of the records that should be applied."""

import subprocess

import pysam
import pytest

from deepallele.simulate.run import simulate
from deepallele.simulate.settings import Paths, Settings

SETTINGS = Settings(
    seed=5, chromosomes=3, regions_per_chromosome=60, pairs=2_000, indel_rate=1 / 300, blacklist_loci=2
)


@pytest.fixture(scope="module")
def simulated(tmp_path_factory):
    paths = Paths(tmp_path_factory.mktemp("haplotype"))
    return simulate(SETTINGS, paths), paths


def consensus(paths, condition):
    # The sample is taken before the genotypes are looked at: bcftools view would else test all samples.
    one = ["bcftools", "view", "-s", SETTINGS.strain, "-f", "PASS", "-Ou", str(paths.vcf)]
    kept = paths.folder / "applied.vcf.gz"
    subset = subprocess.run(one, check=True, capture_output=True).stdout
    choose = ["bcftools", "view", "-i", condition, "-Oz", "-o", str(kept)]
    subprocess.run(choose, input=subset, check=True, capture_output=True)
    subprocess.run(["tabix", "-f", "-p", "vcf", str(kept)], check=True)
    command = ["bcftools", "consensus", "-s", SETTINGS.strain, "-H", "1", "-f", str(paths.fasta), str(kept)]
    done = subprocess.run(command, check=True, capture_output=True, text=True)
    whole = {}
    for part in done.stdout.split(">")[1:]:
        name, _, sequence = part.partition("\n")
        whole[name.split()[0]] = sequence.replace("\n", "")
    return whole, done.stderr


def test_second_haplotype_is_the_consensus_of_homozygous_passing_records(simulated):
    world, paths = simulated
    homozygous = '(GT="1/1" || GT="2/2" || GT="1|1") && ALT!="<DEL>"'
    expected, said = consensus(paths, homozygous)
    genome = world.second.genome
    assert list(expected) == genome.names
    for contig, name in enumerate(genome.names):
        assert expected[name].encode() == genome.text(contig), name
    assert "overlaps with another variant" in said, "the overlapping records must be there to be skipped"
    assert f"Applied {len(world.variants)} variants" in said


def test_applying_the_records_that_fail_the_filter_would_give_another_genome(simulated):
    world, paths = simulated
    wrong, _ = consensus(paths, 'ALT!="<DEL>"')
    assert wrong["chr1"].encode() != world.second.genome.text(0), "het records must make a difference"


def test_fasta_and_vcf_agree_and_indels_are_left_aligned(simulated):
    world, paths = simulated
    command = ["bcftools", "norm", "--check-ref", "e", "-f", str(paths.fasta), "-m", "+any", str(paths.vcf)]
    done = subprocess.run([*command, "-o", "/dev/null"], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    with pysam.FastaFile(str(paths.fasta)) as fasta:
        assert fasta.fetch("chr2").encode() == world.genome.text(1)
    applied = paths.folder / "applied.vcf.gz"
    consensus(paths, '(GT="1/1" || GT="2/2" || GT="1|1") && ALT!="<DEL>"')
    norm = ["bcftools", "norm", "-f", str(paths.fasta), str(applied), "-o", "/dev/null"]
    said = subprocess.run(norm, check=True, capture_output=True, text=True).stderr
    total, _, realigned, _ = said.split("total/split/realigned/skipped:")[1].split()[0].split("/")
    assert int(total) >= len(world.variants)
    # Only the traps may still move (an insertion drawn at random); the applied ones are left-aligned.
    assert int(realigned) == 0
