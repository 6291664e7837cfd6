"""Tables that say what the numbers of a lab's own label map mean, in the formats of the field."""
