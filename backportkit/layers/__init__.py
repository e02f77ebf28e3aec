"""The mechanism: places, the layers that stand there, and how they are put in and taken out. It knows no patch."""
