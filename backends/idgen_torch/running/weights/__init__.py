"""How much each row counts: for reweighted laws, and for models that look more often at rare inputs."""
