"""How tables are multiplied and summed where nothing may be rounded."""
