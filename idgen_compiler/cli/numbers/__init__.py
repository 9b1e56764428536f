"""Commands that give numbers with intervals."""
