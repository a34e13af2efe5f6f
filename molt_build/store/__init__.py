"""What is kept on disk between builds: the content-addressed store, digests and locks."""
