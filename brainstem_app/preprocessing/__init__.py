"""From a native scan to the brainstem box in MNI space, and back."""
