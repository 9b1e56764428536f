"""What other learners say of a row, as further features of a network."""
