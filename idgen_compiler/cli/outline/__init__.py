"""The command as a whole: what `idgen --help` shows, and all commands."""
