"""The report on repeatability: volumes of the same people, measured twice."""
