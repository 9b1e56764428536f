"""Commands that answer others: over HTTP, and to agents."""
