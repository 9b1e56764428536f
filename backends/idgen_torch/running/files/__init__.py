"""A fitted program on disk: the sampler, each of its models, and the checkpoint of a fit that is under way."""
