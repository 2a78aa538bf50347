"""What is measured against other systems and limits; nothing here is imported by the product."""
