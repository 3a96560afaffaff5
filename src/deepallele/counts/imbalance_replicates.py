"""Overdispersion of allele counts from replicates, by moments: of all samples, of each one, of their sum."""

import numpy as np
from numpy.typing import NDArray

# Overdispersion below the lower bound cannot be told from binomial sampling.
LOG10_RHO = (-6.0, -0.01)
LOWEST_RHO, HIGHEST_RHO = (10.0**bound for bound in LOG10_RHO)
# The weights of the regions settle in a few rounds; any weights give an unbiased equation.
FIRST_RHO, ROUNDS = 0.01, 20


def rho_from_replicates(a: NDArray[np.int64], b: NDArray[np.int64]) -> float | None:
    """Overdispersion from the variation between samples of the same region, by moments.

    Whatever the true share p of a region, balanced or not, its samples vary around it. With n_s
    fragments in sample s, N in all, a_s of mean n_s p and variance n_s pq (1 + rho (n_s - 1)), S
    samples with fragments and the pooled share P = sum a_s / N:

    - Q = sum (a_s - n_s P)^2 / n_s has mean pq (S - 1 + rho K), K = sum (n_s - 1)(1 - n_s / N);
    - V = P (1 - P) N / (N - 1) has mean pq (1 - rho c), c = sum n_s (n_s - 1) / (N (N - 1)).

    Hence Q (1 - rho c) - V (S - 1 + rho K) has mean 0 in every region, and the sum over regions,
    weighted by w, is solved by rho = sum w (Q - (S - 1) V) / sum w (c Q + K V). This is the Pearson
    statistic of Williams (1982, Applied Statistics 31:144) set to its mean, but Q is not divided by
    the estimated pq, which would be biased in thin regions and impossible where P is 0 or 1; for the
    kin of such estimators see Ridout, Demetrio and Firth (1999, Biometrics 55:137). The weights
    (S - 1) K / (S - 1 + rho K)^2, slope over variance of Q for normal counts, are refined with rho.

    Parameters
    ----------
    a, b
        Counts of the two haplotypes, shape (n, samples).

    Returns
    -------
    float or None
        Intra-class correlation within a sample; its lower bound 1e-6 stands for binomial sampling.
        None if no region has fragments of both haplotypes from two samples, two of one of them.
    """
    n = a + b
    total, sum_a, sum_b = n.sum(axis=1), a.sum(axis=1), b.sum(axis=1)
    slope = (np.maximum(n - 1, 0) * (total[:, None] - n)).sum(axis=1)
    usable = (slope > 0) & (sum_a > 0) & (sum_b > 0)
    if not usable.any():
        return None
    a, n, total, sum_a, sum_b = a[usable], n[usable], total[usable], sum_a[usable], sum_b[usable]
    slope = slope[usable] / total
    free = (n > 0).sum(axis=1) - 1
    # Whole numbers up to here, and sorted terms: neither swapped haplotypes nor samples change a bit.
    deviation = (a * total[:, None] - n * sum_a[:, None]).astype(np.float64)
    between = np.sort(deviation**2 / np.maximum(n, 1), axis=1).sum(axis=1) / total.astype(np.float64) ** 2
    variance = sum_a * sum_b / (total * (total - 1.0))
    excess = between - free * variance
    scale = _same_sample(n) * between + slope * variance
    rho = FIRST_RHO
    for _ in range(ROUNDS):
        weight = free * slope / (free + rho * slope) ** 2
        rho = float(np.clip((weight @ excess) / (weight @ scale), LOWEST_RHO, HIGHEST_RHO))
    return rho


def rho_of_samples(a: NDArray[np.int64], b: NDArray[np.int64], common: float) -> NDArray[np.float64]:
    """Overdispersion of each sample by the same moments, shrunk towards the common one.

    In the notation of `rho_from_replicates`, with r_s for sample s and D_s = (a_s - n_s P)^2 / n_s:

    - D_s has mean pq (1 - n_s / N + sum_t r_t M_st), where M_st = n_s n_t (n_t - 1) / N^2 and
      (n_s - 1)(1 - 2 n_s / N) is added to M_ss;
    - V has mean pq (1 - sum_t r_t c_t), c_t = n_t (n_t - 1) / (N (N - 1)).

    Hence D_s (1 - sum_t r_t c_t) - V (1 - n_s / N + sum_t r_t M_st) has mean 0, which summed over
    regions is one linear equation per sample. Their solution has a covariance, from the spread of
    the equations' terms over regions. The variance of the true r_s is what the spread of the solution
    exceeds that by, and each is shrunk by the portion that is noise (parametric empirical Bayes,
    Morris 1983, J. Am. Stat. Assoc. 78:47). Two samples differ from each other alike, so that
    nothing tells which is the noisier: fewer than three keep the common value.

    Parameters
    ----------
    a, b, common
        Counts of the two haplotypes, shape (n, samples), and the overdispersion of all samples.

    Returns
    -------
    float64 (samples,)
        Intra-class correlation within each sample, at least 1e-6.
    """
    n = a + b
    rho = np.full(n.shape[1], common)
    # Sums of floats depend on the order of the samples, so theirs is one that their counts give.
    order = np.lexsort((((a - b) ** 2).sum(axis=0), n.sum(axis=0)))
    order = order[n.sum(axis=0)[order] > 0]
    usable = (a.sum(axis=1) > 0) & (b.sum(axis=1) > 0) & ((n > 0).sum(axis=1) > 1)
    if len(order) < 3 or usable.sum() <= len(order):
        return rho
    solved = _solve_samples(a[usable][:, order], n[usable][:, order], common)
    if solved is None:
        return rho
    estimate, covariance = solved
    count = len(order)
    expected = (np.trace(covariance) - covariance.sum() / count) / (count - 1)
    true_variance = max(float(estimate.var(ddof=1) - expected), 0.0)
    portion = true_variance / (true_variance + np.diag(covariance))
    rho[order] = np.clip(common + portion * (estimate - common), LOWEST_RHO, HIGHEST_RHO)
    return rho


def _solve_samples(
    a: NDArray[np.int64], n: NDArray[np.int64], common: float
) -> tuple[NDArray[np.float64], NDArray[np.float64]] | None:
    """Solve the equations of `rho_of_samples`; None where they do not tell the samples apart."""
    total, sum_a = n.sum(axis=1, keepdims=True), a.sum(axis=1, keepdims=True)
    deviation = (a * total - n * sum_a).astype(np.float64)
    squares = deviation**2 / np.maximum(n, 1) / total.astype(np.float64) ** 2
    variance = sum_a * (total - sum_a) / (total * (total - 1.0))
    pairs, part = (n * (n - 1)).astype(np.float64), n / total
    correlated, crossed = pairs / (total * (total - 1.0)), pairs / total.astype(np.float64) ** 2
    own = np.maximum(n - 1, 0) * (1.0 - 2.0 * part)
    base = 1.0 - part
    slope = own + n * crossed.sum(axis=1, keepdims=True)
    weight = np.where(n > 0, slope / np.maximum(base + common * slope, 1e-9) ** 2, 0.0)
    constant = weight * (squares - variance * base)
    left = (weight * squares).T @ correlated + (weight * variance * n).T @ crossed
    left += np.diag((weight * variance * own).sum(axis=0))
    if np.linalg.cond(left) > 1e8:
        return None
    estimate = np.linalg.solve(left, constant.sum(axis=0))
    explained = weight * squares * (correlated @ estimate)[:, None]
    explained += weight * variance * (n * (crossed @ estimate)[:, None] + own * estimate)
    residual = constant - explained
    inverse = np.linalg.inv(left)
    return estimate, inverse @ (residual.T @ residual) @ inverse.T


def rho_of_sum(n: NDArray[np.int64], rho: NDArray[np.float64] | float) -> NDArray[np.float64]:
    """Overdispersion of counts summed over samples: the mean correlation of two fragments of the sum.

    Fragments of the same sample s correlate by rho_s, of different samples not at all. The sum of
    independent beta-binomials is approximated by one of the same mean and variance; exact with one.

    Parameters
    ----------
    n, rho
        Fragments, shape (regions, samples); overdispersion within each sample (samples,) or of any.

    Returns
    -------
    float64 (regions,)
        sum rho_s n_s (n_s - 1) / (N (N - 1)), N = sum n_s; at least 1e-6.
    """
    total = n.sum(axis=1)
    # Sorted terms: the order of the samples changes no bit.
    correlated = np.sort(rho * (n * (n - 1)), axis=1).sum(axis=1)
    return np.maximum(correlated / np.maximum(total * (total - 1), 1), LOWEST_RHO)


def _same_sample(n: NDArray[np.int64]) -> NDArray[np.float64]:
    """Portion of pairs of fragments whose two fragments are of the same sample."""
    total = n.sum(axis=1)
    return (n * (n - 1)).sum(axis=1) / np.maximum(total * (total - 1), 1)
