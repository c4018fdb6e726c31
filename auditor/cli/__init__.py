"""The ``audit`` command: one file per command, no logic, heavy imports only where they run."""
