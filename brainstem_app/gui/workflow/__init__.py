"""Steps of the workflow: their order, their names, their pages."""
