"""When: the triggers. One file per kind of trigger; no decisions here."""
