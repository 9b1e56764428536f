"""What is asked of a sampler in numbers: functions of outcomes, conditions, and groups of units."""
