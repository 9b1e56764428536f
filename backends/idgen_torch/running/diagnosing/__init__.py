"""What a fit says about itself: models on rows, data sets beside their source, overlap, the graph, and one light."""
