"""Effects with intervals, ours and those of other tools: models with known truth, the tools' runners and the scores."""
