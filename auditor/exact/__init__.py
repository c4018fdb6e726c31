"""Numbers only: binomial tails and Neyman-Pearson bounds, decided exactly. Knows no attack."""
