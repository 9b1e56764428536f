"""One-step estimates: what learned models answer, corrected by the mean of the influence function, cross-fitted.

Source: Chernozhukov et al. (2018) for cross-fitting; Jung, Tian and Bareinboim (2021) for identified effects.
"""
