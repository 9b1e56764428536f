"""Networks, and the processes that diffusion models teach and run."""
