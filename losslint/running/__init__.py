"""Running a program under watch. Nothing here needs torch until the program imports it."""
