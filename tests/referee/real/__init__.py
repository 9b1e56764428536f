"""Real-valued and mixed tables with simulated truth: sixty small structural models, five seeds of each of twelve kinds."""
