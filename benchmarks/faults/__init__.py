"""What is left after kills, and how long something deleted can be found."""
