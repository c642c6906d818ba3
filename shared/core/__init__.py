"""The decisions. Pure: no clock, no client, no environment, no log; standard library only."""
