"""Other ways to answer P(y | do(x)) on the napkin, small but faithful, on our backbone where they use diffusion."""
