"""Networks of other packages, made to keep the conventions of this one."""
