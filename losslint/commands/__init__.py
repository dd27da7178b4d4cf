"""What each command does; `losslint.cli` says how it is called."""
