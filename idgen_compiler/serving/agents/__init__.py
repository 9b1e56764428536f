"""The compiler as tools of agents, by the Model Context Protocol: what they do, and the server that offers them."""
