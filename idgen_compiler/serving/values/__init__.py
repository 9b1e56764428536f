"""Values of variables as JSON: how they are described, read and written."""
