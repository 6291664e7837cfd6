"""Where jobs run: as processes of this machine, or on a cluster; the same job files everywhere."""
