"""From a sentence to its quantities, and from a quantity to what the sentence says of it."""
