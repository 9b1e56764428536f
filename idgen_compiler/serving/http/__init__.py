"""A saved sampler over HTTP: routes, answers to errors, who may ask, and what is measured; FastAPI lives here alone."""
