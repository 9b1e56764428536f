"""Where all is categories: how much of an answer rests on cells without rows, exactly, and what to ask instead."""
