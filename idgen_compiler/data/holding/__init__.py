"""How columns of large tables are held: as few different rows, or in files."""
