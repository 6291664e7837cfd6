"""What the frozen program runs."""

from brainstem_app.__main__ import main

main()
