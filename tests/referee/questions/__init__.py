"""What is asked, with its truth: numbers (`real`), categories (`discrete`), pictures; one file a group of kinds."""
