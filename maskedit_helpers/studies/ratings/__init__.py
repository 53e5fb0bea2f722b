"""What people's answers say: ratings read from CSV, their means, how far people agree, and how many are enough."""
