"""The report of a cohort: volumes of many people, by group and person by person."""
