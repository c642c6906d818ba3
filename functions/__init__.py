"""When Teal runs: the triggers. One file per kind of trigger; no decisions here."""
