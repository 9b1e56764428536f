"""Tables that are read shard by shard: folders of files, data sets of Arrow and Hugging Face, and what is streamed."""
