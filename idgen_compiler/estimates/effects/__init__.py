"""Effects in parts of the population: in groups, and among those who are treated by themselves."""
