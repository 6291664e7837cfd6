"""Tables, pictures and documents about a segmentation."""
