"""Reports and pictures of chests: a structural model whose truth is known, and MIMIC-CXR's files."""
