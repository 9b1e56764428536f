"""Running a program on data: its operations in order, the samplers that they make, and both on disk."""
