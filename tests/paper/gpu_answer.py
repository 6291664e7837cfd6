"""How a process that trains cells talks to the one that started it."""

#: What a line begins with that is meant for it; libraries write lines too.
ANSWER = "ANSWER "
