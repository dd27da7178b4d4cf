"""The runtime engine: the same rules on real tensors. Needs torch (`losslint[runtime]`)."""
