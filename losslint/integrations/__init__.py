"""Callbacks for training frameworks: the watch begins and ends with the training, and its report is told then."""
