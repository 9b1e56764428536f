"""How files of tables and pictures are read: their languages, their sizes, and what stands in them for nothing."""
