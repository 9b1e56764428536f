"""What runs in the environments of the tools: one file a tool beside `serve`; nothing of this project is imported."""
